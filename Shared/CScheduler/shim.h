#pragma once

// glibc declares them for programs with extensions of its own only, which Swift's import of it does without. A mask has
// one bit a processor, from the lowest; both return 0, or -1 and set errno. Thread 0 is the calling one.

int sched_getaffinity(int thread, unsigned long bytes, void *mask);
int sched_setaffinity(int thread, unsigned long bytes, const void *mask);
