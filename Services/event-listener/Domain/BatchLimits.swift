/// When a flush begins, and how much the buffer and one flush may hold.
struct BatchLimits: Sendable, Hashable {
    /// Flush when no event came for this long.
    var idleFlush: Duration = .seconds(1)
    /// Flush when so many events are queued.
    var maxBatch = 300
    /// Flush when so many bytes are queued.
    var maxBatchBytes = 1 << 20
    /// Flush when the oldest has waited this long.
    var maxAge: Duration = .seconds(2)
    /// What gathered while a flush ran goes out as one batch up to this size: the busier, the larger.
    var maxFlush = 10_000
    var maxFlushBytes = 8 << 20
    /// What the buffer holds at most, what is being written included.
    var bufferEvents = 50_000
    var bufferBytes = 64 << 20
}
