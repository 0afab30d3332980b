// A client for many requests on kept-alive connections, one at a time on each; single-threaded.
#pragma once
#include <stddef.h>

// What came back for request number `index`.
struct answer {
    long index;
    int status;
    long long id;      // the number at the end of Location, 0 without one
    double sent, read; // seconds of the monotonic clock
};

struct client;

double now(void);
// Opens the connections; ends the program when the address does not answer.
struct client *client_open(const char *host, int port, int connections);
// False when every connection is busy.
int client_send(struct client *client, long index, const char *request, size_t length);
// Waits for answers until `deadline` at the latest and hands them over; returns how many came.
int client_wait(
    struct client *client, double deadline, void (*on_answer)(const struct answer *, void *), void *context);
int client_busy(const struct client *client);
void client_close(struct client *client);
_Noreturn void die(const char *format, ...);
