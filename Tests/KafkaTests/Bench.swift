import Kafka
import KafkaDevBroker
import Logging

/// A broker of a test's own, and clients for it with the settings that suit it.
struct Bench {
    let broker: DevBroker
    let kafka: KafkaConfiguration
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(_ properties: [String: String] = [:]) throws {
        broker = try DevBroker()
        kafka = try KafkaConfiguration(
            brokers: broker.bootstrap, clientID: "test",
            properties: ["fetch.wait.max.ms": "5", "topic.metadata.refresh.interval.ms": "1000"]
                .merging(properties) { $1 })
    }

    /// In a `defer`, so that the broker lives to the end of its test.
    func close() { broker.close() }

    func producer(properties: [String: String] = [:]) throws -> KafkaProducer {
        try KafkaProducer(
            KafkaConfiguration(
                brokers: kafka.brokers, clientID: kafka.clientID,
                properties: kafka.properties.merging(properties) { $1 }),
            logger: logger)
    }

    func consumer(
        _ topic: String, group: String = "group", onGap: GapPolicy = .stop, properties: [String: String] = [:]
    ) throws -> KafkaConsumer {
        let kafka = try KafkaConfiguration(
            brokers: kafka.brokers, clientID: kafka.clientID, properties: kafka.properties.merging(properties) { $1 })
        return try KafkaConsumer(
            KafkaConsumerConfiguration(
                kafka, group: group, topics: [topic], onGap: onGap, sessionTimeout: .seconds(4)),
            logger: logger)
    }

    func reader() -> KafkaReader { KafkaReader(kafka, logger: logger) }

    /// Records whose values are numbers, all with one key unless told otherwise.
    static func records(_ topic: String, _ range: Range<Int>, size: Int = 0, keys: Int = 1) -> [KafkaRecord] {
        range.map { number in
            var value = Array(String(number).utf8)
            if value.count < size { value += [UInt8](repeating: UInt8(ascii: " "), count: size - value.count) }
            return KafkaRecord(topic: topic, key: Array("key-\(number % keys)".utf8), value: value)
        }
    }
}

extension KafkaMessage {
    /// The number in a value that ``Bench/records(_:_:size:keys:)`` made.
    var number: Int? {
        value.flatMap { Int(String(decoding: $0.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)) }
    }
}

extension KafkaConsumer {
    /// Polls until `isEnough` says so or the time is over.
    func collect(
        within limit: Duration = .seconds(60), batch: Int = 1000,
        until isEnough: ([KafkaMessage]) -> Bool
    ) async throws -> [KafkaMessage] {
        var messages: [KafkaMessage] = []
        let deadline = ContinuousClock.now + limit
        while !isEnough(messages), .now < deadline {
            messages += try await poll(maxMessages: batch, maxBytes: 1 << 22, timeout: .milliseconds(50))
        }
        return messages
    }
}

/// Looks until a condition holds; `false` when it did not within the time.
func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try await condition()
}

extension [Result<Void, KafkaError>] {
    var failures: [KafkaError] {
        compactMap { if case .failure(let error) = $0 { error } else { nil } }
    }
}
