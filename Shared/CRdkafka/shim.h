#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// `rd_kafka_producev` is variadic, which Swift does not import. `has_key` and `has_value` tell an empty one from none.
// On success librdkafka owns `headers`; on failure the caller still does.
static inline rd_kafka_resp_err_t crdkafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int has_key, const void *key, size_t key_size, int has_value,
    const void *value, size_t value_size, rd_kafka_headers_t *headers, void *opaque) {
    const void *key_bytes = has_key ? (key ? key : "") : NULL;
    const void *value_bytes = has_value ? (value ? value : "") : NULL;
    if (headers == NULL) {
        return rd_kafka_producev(
            client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(key_bytes, key_size), RD_KAFKA_V_VALUE((void *)value_bytes, value_size),
            RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
    }
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key_bytes, key_size), RD_KAFKA_V_VALUE((void *)value_bytes, value_size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}
