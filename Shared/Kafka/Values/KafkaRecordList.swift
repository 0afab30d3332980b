/// Records that a producer takes as they stand in a buffer of their owner's, so that thousands cost no allocation each.
public protocol KafkaRecordList: Sendable {
    var count: Int { get }

    /// Shows one record; its pointers hold until `body` returns.
    func withRecord<Value>(_ index: Int, _ body: (KafkaRecordView) -> Value) -> Value
}

/// One record of a ``KafkaRecordList``, with the bytes where they stand.
public struct KafkaRecordView {
    public let topic: String
    public let key: UnsafeRawBufferPointer?
    /// `nil` is a tombstone.
    public let value: UnsafeRawBufferPointer?
    public let headers: [KafkaHeader]

    public init(
        topic: String, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, headers: [KafkaHeader] = []
    ) {
        self.topic = topic
        self.key = key
        self.value = value
        self.headers = headers
    }
}

extension [KafkaRecord]: KafkaRecordList {
    public func withRecord<Value>(_ index: Int, _ body: (KafkaRecordView) -> Value) -> Value {
        let record = self[index]
        return Self.withBytes(record.key) { key in
            Self.withBytes(record.value) { value in
                body(KafkaRecordView(topic: record.topic, key: key, value: value, headers: record.headers))
            }
        }
    }

    private static func withBytes<Value>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
        bytes?.withUnsafeBytes { body($0) } ?? body(nil)
    }
}
