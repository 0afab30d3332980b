// saga rate R SECONDS   posts R missions a second whatever the answers (open loop) and times each until its row in the
//                       read model is complete.
// saga flood N          posts N missions on 64 connections as fast as they are accepted and times the whole.
// MISSION_URL, TELEGRAM_SVC_URL (http://127.0.0.1:port) and MYPAGE_DATABASE_URL come from the environment. Prints one
// line of name=value.
#include "http.h"
#include "watch.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 64, CUSTOMERS = 1000 };

struct run {
    struct watch *watch;
    long accepted, refused, first_measured;
    double *post_times; // from the moment a request was due to its answer
    double *due;
    double last_answer;
};

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double percentile(const double *sorted, long count, double share) {
    if (count == 0) return 0;
    long index = (long)((double)count * share);
    return sorted[index < count ? index : count - 1];
}

static struct client *connect_to(const char *variable, int connections) {
    const char *url = getenv(variable);
    char host[64];
    int port;
    if (!url || sscanf(url, "http://%63[0-9.]:%d", host, &port) != 2) die("%s is not http://address:port", variable);
    return client_open(host, port, connections);
}

static size_t request(char *buffer, size_t size, const char *method, const char *path, const char *body) {
    return (size_t)snprintf(
        buffer, size,
        "%s %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
        method, path, strlen(body), body);
}

static int post(struct client *client, long index) {
    char body[160], buffer[512];
    snprintf(body, sizeof body,
             "{\"customerId\":%ld,\"title\":\"Mission %ld of the benchmark\",\"status\":\"Achieved\"}",
             index % CUSTOMERS + 1, index);
    return client_send(client, index, buffer, request(buffer, sizeof buffer, "POST", "/missions", body));
}

static void on_mission(const struct answer *answer, void *context) {
    struct run *run = context;
    run->last_answer = answer->read;
    if (answer->status != 201) {
        if (run->refused++ == 0) fprintf(stderr, "a POST was answered with %d\n", answer->status);
        return;
    }
    run->accepted++;
    if (answer->index < run->first_measured) return;
    run->post_times[answer->index] = answer->read - run->due[answer->index];
    watch_add(run->watch, answer->id, answer->read);
}

static void on_link(const struct answer *answer, void *context) {
    (void)context;
    if (answer->status >= 300) die("a chat could not be linked: %d", answer->status);
}

// Every customer has a chat, so that each message is queued for Telegram and not set aside.
static void link_customers(void) {
    struct client *client = connect_to("TELEGRAM_SVC_URL", 16);
    for (long customer = 1; customer <= CUSTOMERS;) {
        char path[64], body[64], buffer[512];
        snprintf(path, sizeof path, "/chats/%ld", customer);
        snprintf(body, sizeof body, "{\"chatId\":%ld}", 1000000 + customer);
        if (client_send(client, customer, buffer, request(buffer, sizeof buffer, "PUT", path, body))) customer++;
        else client_wait(client, now() + 10, on_link, NULL);
    }
    while (client_busy(client)) if (!client_wait(client, now() + 10, on_link, NULL)) die("telegram does not answer");
    client_close(client);
}

// One mission goes all the way, so that every consumer is known to have joined.
static void warm_up(const char *url) {
    struct run run = {.watch = watch_start(url, 0.01, 10, 1), .post_times = (double[]){0}, .due = (double[]){0}};
    struct client *client = connect_to("MISSION_URL", 1);
    post(client, 0);
    if (!client_wait(client, now() + 10, on_mission, &run) || run.accepted != 1) die("mission does not accept");
    if (!watch_await(run.watch, now() + 60)) die("the first mission was not complete after 60 s");
    client_close(client);
}

static void print_times(const char *name, double *times, long count) {
    qsort(times, (size_t)count, sizeof *times, compare);
    printf(" %s_p50_ms=%.1f %s_p99_ms=%.1f %s_max_ms=%.1f", name, percentile(times, count, 0.5) * 1e3, name,
           percentile(times, count, 0.99) * 1e3, name, percentile(times, count, 1) * 1e3);
}

static void print_saga(struct watch *watch, double begin) {
    long count, complete = 0;
    double look = watch_look_time(watch), last = begin;
    struct watched *rows = watch_stop(watch, &count);
    double *times = calloc((size_t)count + 1, sizeof *times);
    for (long i = 0; i < count; i++) {
        if (rows[i].seen == 0) continue;
        // The row may be there before the answer has been read.
        times[complete++] = rows[i].seen > rows[i].since ? rows[i].seen - rows[i].since : 0;
        if (rows[i].seen > last) last = rows[i].seen;
    }
    printf("posted=%ld complete=%ld all_complete_s=%.2f look_ms=%.2f", count, complete, last - begin, look * 1e3);
    print_times("saga", times, complete);
}

static void rate(const char *url, double per_second, double seconds) {
    const long warm = (long)(per_second * 2), total = warm + (long)(per_second * seconds);
    struct run run = {
        .watch = watch_start(url, 0.005, 2000, total), .first_measured = warm,
        .post_times = calloc((size_t)total, sizeof(double)), .due = calloc((size_t)total, sizeof(double))};
    struct client *client = connect_to("MISSION_URL", CONNECTIONS);
    double begin = now() + 0.01;
    for (long next = 0; next < total || client_busy(client) > 0;) {
        double due = begin + (double)next / per_second;
        if (next < total && now() >= due) {
            run.due[next] = due;
            if (post(client, next)) { next++; continue; }
            due = now() + 1;
        }
        client_wait(client, next < total ? due : now() + 10, on_mission, &run);
        if (now() > begin + (double)total / per_second + 30) die("the answers do not come");
    }
    watch_await(run.watch, now() + 30);
    print_saga(run.watch, begin + 2);
    print_times("post", run.post_times + warm, total - warm);
    printf(" refused=%ld\n", run.refused);
}

static void flood(const char *url, long total) {
    struct run run = {
        .watch = watch_start(url, 0.02, 1000, total),
        .post_times = calloc((size_t)total, sizeof(double)), .due = calloc((size_t)total, sizeof(double))};
    struct client *client = connect_to("MISSION_URL", CONNECTIONS);
    double begin = now();
    for (long next = 0; next < total || client_busy(client) > 0;) {
        while (next < total && client_busy(client) < CONNECTIONS) {
            run.due[next] = now();
            post(client, next++);
        }
        if (!client_wait(client, now() + 30, on_mission, &run)) die("the answers do not come");
    }
    double accepted = run.last_answer - begin;
    watch_await(run.watch, begin + 120);
    print_saga(run.watch, begin);
    print_times("post", run.post_times, total);
    printf(" accepted_s=%.2f accepted_per_s=%.0f refused=%ld\n", accepted, (double)run.accepted / accepted,
           run.refused);
}

int main(int count, char **arguments) {
    const char *url = getenv("MYPAGE_DATABASE_URL");
    if (!url || count < 3) die("usage: saga rate R SECONDS | saga flood N");
    link_customers();
    warm_up(url);
    if (strcmp(arguments[1], "rate") == 0 && count == 4) rate(url, atof(arguments[2]), atof(arguments[3]));
    else if (strcmp(arguments[1], "flood") == 0) flood(url, atol(arguments[2]));
    else die("usage: saga rate R SECONDS | saga flood N");
    return 0;
}
