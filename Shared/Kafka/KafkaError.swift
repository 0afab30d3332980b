import CRdkafka

/// Why Kafka, or this client of it, did not do what was asked.
public struct KafkaError: Error, Sendable, Hashable {
    /// What kind of failure it is; an open set, so that a new one breaks nobody.
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A property or an address is wrong; nothing will help but another configuration.
        public static let configuration = Code(rawValue: "configuration")
        /// More waits already than this client is allowed to hold.
        public static let queueFull = Code(rawValue: "queue-full")
        /// The record is larger than `message.max.bytes` or than the broker takes.
        public static let messageTooLarge = Code(rawValue: "message-too-large")
        /// The record itself is refused whatever the time: its value, key, headers or topic name are not valid.
        public static let invalidRecord = Code(rawValue: "invalid-record")
        /// ``KafkaProducer/purge()`` or a close dropped it; one in flight may have been written nevertheless.
        public static let purged = Code(rawValue: "purged")
        /// The client is closed.
        public static let closed = Code(rawValue: "closed")
        /// This client is beyond repair and must be made anew.
        public static let fatal = Code(rawValue: "fatal")
        /// No answer within the time allowed.
        public static let timedOut = Code(rawValue: "timed-out")
        /// No connection.
        public static let disconnected = Code(rawValue: "disconnected")
        /// The broker has no such topic or partition.
        public static let unknownTopic = Code(rawValue: "unknown-topic")
        /// The broker does not allow it.
        public static let notAuthorized = Code(rawValue: "not-authorized")
        /// The broker cannot do that.
        public static let unsupported = Code(rawValue: "unsupported")
        /// Any other answer; ``KafkaError/native`` tells.
        public static let broker = Code(rawValue: "broker")
    }

    public var code: Code
    /// librdkafka's `rd_kafka_resp_err_t`; negative ones are its own, positive ones the broker's.
    public var native: Int32
    /// librdkafka's words, for logs.
    public var detail: String

    init(_ code: Code, native: Int32 = 0, detail: String = "") {
        self.code = code
        self.native = native
        self.detail = detail
    }

    init(native: rd_kafka_resp_err_t, detail: String = "") {
        self.init(Self.code(of: native), native: native.rawValue, detail: detail)
    }

    /// The same call may succeed later, with the record as it is: the broker comes back, a topic or a right is added.
    public var isRetriable: Bool {
        switch code {
        case .configuration, .messageTooLarge, .invalidRecord, .closed, .fatal, .unsupported: false
        default: true
        }
    }

    /// This client will do nothing any more. ``KafkaProducer/purge()`` gives a producer a fresh start.
    public var isFatal: Bool { code == .fatal }
}

extension KafkaError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Constant for each kind of error; safe to show.
    public var description: String {
        if code == .configuration { return detail.isEmpty ? "kafka: configuration" : "kafka: \(detail)" }
        if native == 0 { return "kafka: \(code.rawValue)" }
        return "kafka: \(code.rawValue) (\(String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(native)))))"
    }

    public var debugDescription: String { detail.isEmpty ? description : "\(description): \(detail)" }
}
