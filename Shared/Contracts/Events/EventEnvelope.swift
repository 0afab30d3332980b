import Foundation

/// An event as it came from Kafka: CloudEvents 1.0 in binary mode.
///
/// Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2.
public struct EventEnvelope: Sendable, Hashable {
    public var id: UUID
    public var type: String
    public var source: String
    public var subject: String?
    public var time: Timestamp
    public var correlationID: String
    public var trace: TraceContext
    /// The data as JSON, not decoded yet.
    public var data: [UInt8]
    public var topic: String
    public var partition: Int32
    public var offset: Int64

    public init(
        id: UUID, type: String, source: String, subject: String?, time: Timestamp, correlationID: String,
        trace: TraceContext, data: [UInt8], topic: String, partition: Int32, offset: Int64
    ) {
        self.id = id
        self.type = type
        self.source = source
        self.subject = subject
        self.time = time
        self.correlationID = correlationID
        self.trace = trace
        self.data = data
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// What a write carries that follows from this event: the same saga, a span of its own.
    public var writeContext: WriteContext { WriteContext(correlationID: correlationID, trace: trace.child()) }
}

/// Names of the CloudEvents headers.
public enum EventHeader {
    public static let specVersion = "ce_specversion"
    public static let id = "ce_id"
    public static let type = "ce_type"
    public static let source = "ce_source"
    public static let time = "ce_time"
    public static let subject = "ce_subject"
    public static let contentType = "content-type"
    public static let traceParent = "traceparent"
    public static let correlationID = "correlationid"
}
