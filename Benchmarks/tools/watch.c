#define _GNU_SOURCE
#include "watch.h"
#include "http.h"
#include <mysql.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct watch {
    pthread_t thread;
    pthread_mutex_t mutex;
    MYSQL *connection;
    char table[64];
    double interval, look_time;
    int window, is_over;
    long capacity, count, complete, looks;
    // The first `complete` entries are complete, the others in the order in which they were added.
    struct watched *rows;
};

static void pause_for(double seconds) {
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

// mariadb://user:password@host:port/database
static MYSQL *connect_to(const char *url) {
    char user[64], password[128], host[64], database[64];
    int port;
    if (sscanf(url, "mariadb://%63[^:]:%127[^@]@%63[^:]:%d/%63s", user, password, host, &port, database) != 5)
        die("not a mariadb URL");
    MYSQL *connection = mysql_init(NULL);
    if (!mysql_real_connect(connection, host, user, password, database, (unsigned)port, NULL, 0))
        die("MariaDB: %s", mysql_error(connection));
    return connection;
}

static MYSQL_RES *query(struct watch *watch, const char *sql, size_t length) {
    MYSQL_RES *result = NULL;
    if (mysql_real_query(watch->connection, sql, length) == 0) result = mysql_store_result(watch->connection);
    if (!result) die("MariaDB: %s", mysql_error(watch->connection));
    return result;
}

// Moves a row to the complete ones; they are few and the newest complete ones lie in front.
static void mark(struct watch *watch, long long id, double time) {
    for (long i = watch->complete; i < watch->count; i++) {
        if (watch->rows[i].id != id) continue;
        struct watched row = watch->rows[i];
        row.seen = time;
        memmove(&watch->rows[watch->complete + 1], &watch->rows[watch->complete],
                (size_t)(i - watch->complete) * sizeof row);
        watch->rows[watch->complete++] = row;
        return;
    }
}

static void look(struct watch *watch, char *sql) {
    char *end = sql + sprintf(sql,
        "SELECT id FROM %s WHERE mission_status = 'RewardAllocated' AND reward_id IS NOT NULL"
        " AND reward_status IS NOT NULL AND telegram_status IS NOT NULL AND id IN (0", watch->table);
    pthread_mutex_lock(&watch->mutex);
    long last = watch->complete + watch->window;
    if (last > watch->count) last = watch->count;
    int is_idle = last == watch->complete;
    for (long i = watch->complete; i < last; i++) end += sprintf(end, ",%lld", watch->rows[i].id);
    pthread_mutex_unlock(&watch->mutex);
    if (is_idle) return;
    *end++ = ')';
    double begin = now();
    MYSQL_RES *result = query(watch, sql, (size_t)(end - sql));
    double time = now();
    pthread_mutex_lock(&watch->mutex);
    for (MYSQL_ROW row; (row = mysql_fetch_row(result));) mark(watch, atoll(row[0]), time);
    pthread_mutex_unlock(&watch->mutex);
    mysql_free_result(result);
    watch->looks++;
    watch->look_time += time - begin;
}

static void *run(void *context) {
    struct watch *watch = context;
    char *sql = malloc(512 + (size_t)watch->window * 21);
    for (int is_over = 0; !is_over;) {
        look(watch, sql);
        pause_for(watch->interval);
        pthread_mutex_lock(&watch->mutex);
        is_over = watch->is_over;
        pthread_mutex_unlock(&watch->mutex);
    }
    free(sql);
    return NULL;
}

struct watch *watch_start(const char *url, double interval, int window, long capacity) {
    struct watch *watch = calloc(1, sizeof *watch);
    watch->connection = connect_to(url);
    watch->interval = interval;
    watch->window = window;
    watch->capacity = capacity;
    watch->rows = calloc((size_t)capacity, sizeof *watch->rows);
    const char *sql = "SELECT active FROM mypage_generation";
    MYSQL_RES *result = query(watch, sql, strlen(sql));
    MYSQL_ROW row = mysql_fetch_row(result);
    if (!row) die("mypage has no generation");
    snprintf(watch->table, sizeof watch->table, "mypage_g%s", row[0]);
    mysql_free_result(result);
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_create(&watch->thread, NULL, run, watch);
    return watch;
}

void watch_add(struct watch *watch, long long id, double since) {
    pthread_mutex_lock(&watch->mutex);
    if (watch->count == watch->capacity) die("more rows than expected");
    watch->rows[watch->count++] = (struct watched){id, since, 0};
    pthread_mutex_unlock(&watch->mutex);
}

long watch_complete(struct watch *watch) {
    pthread_mutex_lock(&watch->mutex);
    long complete = watch->complete;
    pthread_mutex_unlock(&watch->mutex);
    return complete;
}

int watch_await(struct watch *watch, double deadline) {
    while (now() < deadline) {
        pthread_mutex_lock(&watch->mutex);
        int is_done = watch->complete == watch->count;
        pthread_mutex_unlock(&watch->mutex);
        if (is_done) return 1;
        pause_for(0.01);
    }
    return 0;
}

struct watched *watch_stop(struct watch *watch, long *count) {
    pthread_mutex_lock(&watch->mutex);
    watch->is_over = 1;
    pthread_mutex_unlock(&watch->mutex);
    pthread_join(watch->thread, NULL);
    mysql_close(watch->connection);
    *count = watch->count;
    return watch->rows;
}

double watch_look_time(struct watch *watch) { return watch->looks ? watch->look_time / (double)watch->looks : 0; }
