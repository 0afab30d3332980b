import Kafka

/// The variables of a service that speaks to Kafka.
public struct KafkaSettings: Sendable {
    public let client: KafkaConfiguration
    public let onGap: GapPolicy
    public let instanceID: String?
    public let sessionTimeout: Duration

    /// - Parameter service: Becomes the client id.
    public init(_ settings: inout SettingsReader, service: String) throws {
        let brokers = try settings.string(
            "KAFKA_BROKERS", example: "127.0.0.1:9092", help: "Brokers to begin with, host:port, several with commas.")
        var properties = try Self.security(&settings)
        properties.merge(try Self.tuning(&settings)) { $1 }
        let tokenFile = try settings.optionalString(
            "KAFKA_SASL_OAUTHBEARER_TOKEN_FILE", example: "/run/secrets/kafka-token",
            help: "For the mechanism OAUTHBEARER: a file with a JWT, read again before the token expires.")
        if properties["sasl.mechanism"] == "OAUTHBEARER", tokenFile == nil {
            throw SettingError(
                variable: "KAFKA_SASL_OAUTHBEARER_TOKEN_FILE", fault: "is needed with KAFKA_SASL_MECHANISM=OAUTHBEARER",
                example: "/run/secrets/kafka-token")
        }
        onGap = try settings.choice(
            "KAFKA_ON_GAP", default: .stop,
            help:
                "When messages that were not read are gone from the log: stop the partition until an operator decides, "
                + "or go on with the earliest there is.")
        instanceID = try settings.optionalString(
            "KAFKA_GROUP_INSTANCE_ID", example: "game-\(service)-0",
            help: "Name of this replica for static membership, such as the pod's.")
        sessionTimeout = try settings.duration(
            "KAFKA_SESSION_TIMEOUT", default: .seconds(10), in: .seconds(1) ... .seconds(1800),
            help: "A replica that is silent for this long loses its partitions to the others.")
        do {
            client = try KafkaConfiguration(
                brokers: brokers, clientID: service, properties: properties, tokenFile: tokenFile)
        } catch {
            let isBrokers = properties.isEmpty
            throw SettingError(
                variable: isBrokers ? "KAFKA_BROKERS" : "KAFKA_*", fault: ErrorText.line(error),
                example: isBrokers ? "127.0.0.1:9092" : nil)
        }
    }

    /// The variables of a service that speaks to Kafka only when it is told to; `nil` without `KAFKA_BROKERS`.
    ///
    /// - Parameters:
    ///   - isNeeded: Whether it is an error when there are no brokers.
    ///   - help: When they are needed.
    public init?(
        _ settings: inout SettingsReader, service: String, isNeeded: Bool = false, help: String
    ) throws {
        let brokers = try settings.optionalString("KAFKA_BROKERS", example: "127.0.0.1:9092", help: help)
        guard brokers != nil || isNeeded || settings.isDescribing else { return nil }
        try self.init(&settings, service: service)
    }

    /// A consumer in a group, with what the environment says of all consumers.
    public func consumer(group: String, topics: [String]) -> KafkaConsumerConfiguration {
        KafkaConsumerConfiguration(
            client, group: group, topics: topics, instanceID: instanceID, onGap: onGap, sessionTimeout: sessionTimeout)
    }

    private static func security(_ settings: inout SettingsReader) throws -> [String: String] {
        var properties: [String: String] = [:]
        properties["security.protocol"] = try settings.optionalValue(
            "KAFKA_SECURITY_PROTOCOL", example: "sasl_ssl", help: "plaintext, ssl, sasl_plaintext or sasl_ssl."
        ) { text in
            guard ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"].contains(text.lowercased()) else {
                throw InvalidValue("must be one of plaintext, ssl, sasl_plaintext, sasl_ssl")
            }
            return text.lowercased()
        }
        let mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"]
        properties["sasl.mechanism"] = try settings.optionalValue(
            "KAFKA_SASL_MECHANISM", example: "SCRAM-SHA-512", help: "\(mechanisms.joined(separator: ", "))."
        ) { text in
            guard mechanisms.contains(text.uppercased()) else {
                throw InvalidValue("must be one of \(mechanisms.joined(separator: ", "))")
            }
            return text.uppercased()
        }
        properties["sasl.username"] = try settings.optionalString(
            "KAFKA_SASL_USERNAME", example: "game", help: "User name for SASL.")
        properties["sasl.password"] = try settings.optionalSecret(
            "KAFKA_SASL_PASSWORD", example: "secret", help: "Password for SASL.")
        properties["ssl.ca.location"] = try settings.optionalString(
            "KAFKA_SSL_CA_LOCATION", example: "/etc/kafka/ca.pem", help: "File with the CA's certificates.")
        properties["ssl.certificate.location"] = try settings.optionalString(
            "KAFKA_SSL_CERTIFICATE_LOCATION", example: "/etc/kafka/client.pem", help: "File with our certificate.")
        properties["ssl.key.location"] = try settings.optionalString(
            "KAFKA_SSL_KEY_LOCATION", example: "/etc/kafka/client.key", help: "File with our private key.")
        properties["ssl.key.password"] = try settings.optionalSecret(
            "KAFKA_SSL_KEY_PASSWORD", example: "secret", help: "Password of our private key.")
        return properties
    }

    /// `KAFKA_PROPERTIES`: what has no variable of its own. (Not every `KAFKA_…` is taken for a property: Kubernetes
    /// sets `KAFKA_SERVICE_HOST` and the like beside a service of that name.)
    private static func tuning(_ settings: inout SettingsReader) throws -> [String: String] {
        let example = "fetch.wait.max.ms=5;heartbeat.interval.ms=300"
        return try settings.optionalValue(
            "KAFKA_PROPERTIES", example: example, help: "Further librdkafka properties, name=value with semicolons.",
            isSecret: true
        ) { text in
            var properties: [String: String] = [:]
            for part in text.split(separator: ";") {
                let pair = part.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { throw SettingFault("must be name=value pairs with semicolons between") }
                properties[pair[0].filter { $0 != " " }] = String(pair[1])
            }
            return properties
        } ?? [:]
    }
}
