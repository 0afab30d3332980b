// Watches rows of the read model until they are complete, on a thread and a connection of its own.
#pragma once

struct watch;

struct watched {
    long long id;
    double since; // when the watching was ordered: the request's answer
    double seen;  // 0 while it is not complete
};

// interval: seconds between two looks; each asks for at most `window` of the oldest incomplete rows.
struct watch *watch_start(const char *url, double interval, int window, long capacity);
void watch_add(struct watch *watch, long long id, double since);
long watch_complete(struct watch *watch);
// Waits until all that was added is complete; false at the deadline.
int watch_await(struct watch *watch, double deadline);
// Ends the thread; the result has `count` entries in no particular order.
struct watched *watch_stop(struct watch *watch, long *count);
// Mean time of one look in seconds.
double watch_look_time(struct watch *watch);
