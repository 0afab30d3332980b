import CRdkafka

/// Owns one `rd_kafka_conf_t` until a client takes it over.
struct ClientConf: ~Copyable {
    let pointer: OpaquePointer

    /// What all clients have in common, then `defaults`, then the properties of `configuration`, which win.
    init(_ configuration: KafkaConfiguration, defaults: [(String, String)] = []) throws(KafkaError) {
        pointer = rd_kafka_conf_new()
        let common = [
            ("bootstrap.servers", configuration.brokers),
            ("client.id", configuration.clientID),
            ("socket.nagle.disable", "true"),
            ("socket.keepalive.enable", "true"),
            ("reconnect.backoff.max.ms", "1000"),
            ("log.connection.close", "false"),
        ]
        for (name, value) in common + defaults where configuration.properties[name] == nil {
            try set(name, value)
        }
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) { try set(name, value) }
    }

    deinit { rd_kafka_conf_destroy(pointer) }

    /// Sets one property.
    func set(_ name: String, _ value: String) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 512)
        guard rd_kafka_conf_set(pointer, name, value, &text, text.count) != RD_KAFKA_CONF_OK else { return }
        let isSecret = ["password", "secret", "token", "pem", "config"].contains { name.contains($0) }
        let detail = isSecret ? "the value of \(name) is not valid" : String(cBuffer: text)
        throw KafkaError(.configuration, detail: detail)
    }

    /// Makes the client, which owns the configuration from then on; if that fails it is freed here.
    consuming func makeClient(_ type: rd_kafka_type_t) throws(KafkaError) -> OpaquePointer {
        var text = [CChar](repeating: 0, count: 512)
        if let client = rd_kafka_new(type, pointer, &text, text.count) {
            discard self
            return client
        }
        _ = consume self
        throw KafkaError(.configuration, detail: String(cBuffer: text))
    }
}
