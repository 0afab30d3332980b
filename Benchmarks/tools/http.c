#define _GNU_SOURCE
#include "http.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
    long index; // -1 while idle
    double sent;
    size_t used;
    char buffer[16384];
};

struct client {
    int count, busy;
    struct pollfd *polled;
    struct connection *connections;
};

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

struct client *client_open(const char *host, int port, int connections) {
    struct client *client = calloc(1, sizeof *client);
    client->count = connections;
    client->polled = calloc((size_t)connections, sizeof *client->polled);
    client->connections = calloc((size_t)connections, sizeof *client->connections);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    for (int i = 0; i < connections; i++) {
        int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
            die("%s:%d: %s", host, port, strerror(errno));
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        client->polled[i] = (struct pollfd){.fd = fd, .events = POLLIN};
        client->connections[i].index = -1;
    }
    return client;
}

int client_send(struct client *client, long index, const char *request, size_t length) {
    if (client->busy == client->count) return 0;
    int i = 0;
    while (client->connections[i].index >= 0) i++;
    // A request is far smaller than an idle socket's buffer: it goes in one piece.
    if (send(client->polled[i].fd, request, length, MSG_NOSIGNAL) != (ssize_t)length) die("cannot send a request");
    client->connections[i].index = index;
    client->connections[i].sent = now();
    client->connections[i].used = 0;
    client->busy++;
    return 1;
}

int client_busy(const struct client *client) { return client->busy; }

// The answer in the buffer; false while it is not whole.
static int parse(struct connection *connection, struct answer *answer) {
    connection->buffer[connection->used] = 0;
    char *end = strstr(connection->buffer, "\r\n\r\n");
    if (!end) return 0;
    char *length = strcasestr(connection->buffer, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    if (connection->used < (size_t)(end - connection->buffer) + 4 + body) return 0;
    char *location = strcasestr(connection->buffer, "\r\nlocation:");
    answer->index = connection->index;
    answer->sent = connection->sent;
    answer->status = atoi(connection->buffer + 9);
    answer->id = 0;
    if (location && location < end) {
        char *line_end = strstr(location + 2, "\r\n"), *slash = line_end;
        while (slash > location && *slash != '/') slash--;
        answer->id = atoll(slash + 1);
    }
    return 1;
}

int client_wait(
    struct client *client, double deadline, void (*on_answer)(const struct answer *, void *), void *context) {
    double rest = deadline - now();
    struct timespec timeout = {0, 0};
    if (rest > 0) timeout = (struct timespec){(time_t)rest, (long)((rest - (double)(time_t)rest) * 1e9)};
    if (ppoll(client->polled, (nfds_t)client->count, &timeout, NULL) <= 0) return 0;
    double time = now();
    int answers = 0;
    for (int i = 0; i < client->count; i++) {
        struct connection *connection = &client->connections[i];
        if (!client->polled[i].revents) continue;
        ssize_t count = recv(
            client->polled[i].fd, connection->buffer + connection->used,
            sizeof connection->buffer - 1 - connection->used, 0);
        if (count <= 0) {
            if (count < 0 && errno == EAGAIN) continue;
            die("the server closed a connection");
        }
        connection->used += (size_t)count;
        struct answer answer = {.read = time};
        if (!parse(connection, &answer)) continue;
        connection->index = -1;
        client->busy--;
        answers++;
        on_answer(&answer, context);
    }
    return answers;
}

void client_close(struct client *client) {
    for (int i = 0; i < client->count; i++) close(client->polled[i].fd);
    free(client->polled);
    free(client->connections);
    free(client);
}
