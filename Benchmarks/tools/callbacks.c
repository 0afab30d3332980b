// callbacks URL COUNT AT-ONCE    posts COUNT messages as bypass-queue calls back, with as many transfers of one libcurl
// loop under way as it has to one host, and nothing else: no store, no order, no signature that is computed.
// Prints requests/s.
#define _GNU_SOURCE
#include "http.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { body_size = 200, groups = 1000 };

struct transfer {
    CURL *easy;
    struct curl_slist *headers;
};

static const char *url;
static char body[body_size];
// Of this run alone: a receiver that remembers refuses a sequence that it has seen.
static char group[64];

static size_t ignore(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes, (void)context;
    return size * count;
}

static void header(struct transfer *transfer, const char *line) {
    transfer->headers = curl_slist_append(transfer->headers, line);
}

static void numbered(struct transfer *transfer, const char *name, long value) {
    char line[128];
    snprintf(line, sizeof line, "%s%ld", name, value);
    header(transfer, line);
}

static void begin(CURLM *multi, struct transfer *transfer, long number) {
    char address[512];
    snprintf(address, sizeof address, "%s?bypass=1&reqid=%ld", url, number);
    transfer->headers = NULL;
    numbered(transfer, "webhook-id: msg_", number);
    header(transfer, "webhook-timestamp: 1700000000");
    header(transfer, "webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=");
    numbered(transfer, group, number % groups);
    numbered(transfer, "bypass-sequence: ", number / groups + 1);
    header(transfer, "bypass-epoch: 1");
    header(transfer, "bypass-attempt: 1");
    header(transfer, "Expect:");
    curl_easy_setopt(transfer->easy, CURLOPT_URL, address);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_multi_add_handle(multi, transfer->easy);
}

int main(int count, char **arguments) {
    if (count != 4) die("usage: callbacks URL COUNT AT-ONCE");
    url = arguments[1];
    long all = atol(arguments[2]), at_once = atol(arguments[3]), begun = 0, done = 0;
    memset(body, 'x', sizeof body);
    snprintf(group, sizeof group, "bypass-group: limit-%d-", (int)getpid());
    CURLM *multi = curl_multi_init();
    struct transfer *transfers = calloc(at_once, sizeof *transfers);
    if (!multi || !transfers) die("no memory");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, at_once);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < at_once && begun < all; i++, begun++) {
        CURL *easy = transfers[i].easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)sizeof body);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfers[i]);
        begin(multi, &transfers[i], begun);
    }
    while (done < all) {
        int running, left;
        CURLMsg *message;
        curl_multi_perform(multi, &running);
        while ((message = curl_multi_info_read(multi, &left))) {
            struct transfer *transfer;
            long status = 0;
            CURL *easy = message->easy_handle;
            if (message->data.result) die("%s", curl_easy_strerror(message->data.result));
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
            if (status / 100 != 2) die("answered with %ld", status);
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
            curl_multi_remove_handle(multi, easy);
            curl_slist_free_all(transfer->headers);
            done++;
            if (begun < all) begin(multi, transfer, begun++);
        }
        if (done < all) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.0f\n", (double)all / ((double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9));
    return 0;
}
