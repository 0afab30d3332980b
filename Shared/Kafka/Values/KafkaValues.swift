/// The values of messages of one partition in one buffer, in their order: thousands of them cost a few allocations.
public struct KafkaValues: Sendable, Hashable {
    public let partition: TopicPartition
    public private(set) var offsets: [Int64] = []
    /// The offset behind the last message, also when that was a tombstone.
    public private(set) var nextOffset: Int64 = 0
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    public init(_ partition: TopicPartition) { self.partition = partition }

    /// Tombstones are left out.
    public var count: Int { ends.count }

    /// Shows each message's offset and value; the pointers hold until `body` returns.
    public func forEach(_ body: (Int64, UnsafeBufferPointer<UInt8>) throws -> Void) rethrows {
        try bytes.withUnsafeBufferPointer { bytes in
            var start = 0
            for (offset, end) in zip(offsets, ends) {
                try body(offset, UnsafeBufferPointer(rebasing: bytes[start..<end]))
                start = end
            }
        }
    }

    public mutating func append(_ value: UnsafeRawBufferPointer?, offset: Int64) {
        nextOffset = offset + 1
        guard let value else { return }
        bytes.append(contentsOf: value)
        ends.append(bytes.count)
        offsets.append(offset)
    }
}
