// outbox limit             the least that any relay must do: one SELECT of all rows, then a bare librdkafka producer.
// outbox drain COMMAND…    runs COMMAND, times from its start until the last row is gone, and ends it with SIGTERM.
// DATABASE_URL and KAFKA_BROKERS come from the environment. Prints one line of name=value.
#define _GNU_SOURCE
#include "http.h"
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static PGconn *connect_to_database(void) {
    PGconn *connection = PQconnectdb(getenv("DATABASE_URL"));
    if (PQstatus(connection) != CONNECTION_OK) die("PostgreSQL: %s", PQerrorMessage(connection));
    return connection;
}

static PGresult *query(PGconn *connection, const char *sql, int format) {
    PGresult *result = PQexecParams(connection, sql, 0, NULL, NULL, NULL, NULL, format);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) die("PostgreSQL: %s", PQerrorMessage(connection));
    return result;
}

static long number(PGconn *connection, const char *sql) {
    PGresult *result = query(connection, sql, 0);
    long value = PQntuples(result) ? atol(PQgetvalue(result, 0, 0)) : 0;
    PQclear(result);
    return value;
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *context) {
    (void)client, (void)context;
    if (message->err) die("a record was not delivered: %s", rd_kafka_err2str(message->err));
}

// The settings of the suite's own producer.
static rd_kafka_t *make_producer(void) {
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *settings[][2] = {
        {"bootstrap.servers", getenv("KAFKA_BROKERS")}, {"enable.idempotence", "true"}, {"acks", "all"},
        {"linger.ms", "0"}, {"partitioner", "murmur2_random"}, {"queue.buffering.max.messages", "100000"},
        {"queue.buffering.max.kbytes", "131072"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, sizeof error) != RD_KAFKA_CONF_OK)
            die("librdkafka: %s", error);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (!client) die("librdkafka: %s", error);
    return client;
}

// Column `index` as a header; the statement brings the values in the form in which they are sent.
static void add_header(rd_kafka_headers_t *headers, const char *name, PGresult *rows, int row, int column) {
    rd_kafka_header_add(headers, name, -1, PQgetvalue(rows, row, column), PQgetlength(rows, row, column));
}

static void produce(rd_kafka_t *client, PGresult *rows, int row) {
    const char *names[] = {"ce_id", "ce_type", "ce_time", "ce_subject", "traceparent", "correlationid"};
    rd_kafka_headers_t *headers = rd_kafka_headers_new(9);
    for (int i = 0; i < 6; i++) add_header(headers, names[i], rows, row, 2 + i);
    rd_kafka_header_add(headers, "ce_specversion", -1, "1.0", -1);
    rd_kafka_header_add(headers, "ce_source", -1, "/game/mission", -1);
    rd_kafka_header_add(headers, "content-type", -1, "application/json", -1);
    for (;;) {
        rd_kafka_resp_err_t answer = rd_kafka_producev(
            client, RD_KAFKA_V_TOPIC("game.mission"), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(PQgetvalue(rows, row, 0), (size_t)PQgetlength(rows, row, 0)),
            RD_KAFKA_V_VALUE(PQgetvalue(rows, row, 1), (size_t)PQgetlength(rows, row, 1)),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
        if (answer == RD_KAFKA_RESP_ERR_NO_ERROR) break;
        if (answer != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("librdkafka: %s", rd_kafka_err2str(answer));
        rd_kafka_poll(client, 1);
    }
    rd_kafka_poll(client, 0);
}

static void limit(void) {
    PGconn *connection = connect_to_database();
    double begin = now();
    PGresult *rows = query(
        connection,
        "SELECT key, payload, id::text, type, to_char(created_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'),"
        " aggregatetype || '/' || aggregateid, headers->>'traceparent', headers->>'correlationid'"
        " FROM outbox ORDER BY seq", 1);
    double selected = now();
    rd_kafka_t *client = make_producer();
    int count = PQntuples(rows);
    for (int row = 0; row < count; row++) produce(client, rows, row);
    if (rd_kafka_flush(client, 60000)) die("the broker does not take the records");
    double end = now();
    printf("rows=%d select_s=%.3f produce_s=%.3f total_s=%.3f rows_per_s=%.0f\n", count, selected - begin,
           end - selected, end - begin, count / (end - begin));
    PQclear(rows);
    PQfinish(connection);
    rd_kafka_destroy(client);
}

static void drain(char **command) {
    PGconn *connection = connect_to_database();
    long rows = number(connection, "SELECT count(*) FROM outbox");
    long first = number(connection, "SELECT min(seq) FROM outbox");
    long last = number(connection, "SELECT max(seq) FROM outbox");
    char is_first_there[80], is_last_there[80];
    snprintf(is_first_there, sizeof is_first_there, "SELECT 1 FROM outbox WHERE seq = %ld", first);
    snprintf(is_last_there, sizeof is_last_there, "SELECT 1 FROM outbox WHERE seq = %ld", last);
    double begin = now(), started = 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(command[0], command);
        _exit(127);
    }
    // Two looks by primary key, a hundred times a second: they cost the database nothing.
    while (number(connection, is_last_there)) {
        if (waitpid(child, NULL, WNOHANG) != 0) die("%s ended", command[0]);
        if (!started && !number(connection, is_first_there)) started = now();
        if (now() - begin > 120) {
            kill(child, SIGTERM);
            die("the outbox was not empty after 120 s");
        }
        usleep(10000);
    }
    double end = now();
    long left = number(connection, "SELECT count(*) FROM outbox");
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    printf("rows=%ld left=%ld first_batch_s=%.3f total_s=%.3f rows_per_s=%.0f\n", rows, left,
           (started ? started : end) - begin, end - begin, (double)rows / (end - begin));
    PQfinish(connection);
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "limit") == 0) limit();
    else if (count > 2 && strcmp(arguments[1], "drain") == 0) drain(arguments + 2);
    else die("usage: outbox limit | outbox drain COMMAND…");
    return 0;
}
