/// Why a flush began.
enum FlushCause: String, Sendable, CaseIterable {
    /// No event came for `idleFlush`.
    case idle
    /// `maxBatch` events are queued.
    case count
    /// `maxBatchBytes` are queued.
    case bytes
    /// The oldest has waited `maxAge`.
    case age
    /// A caller waits for the commit.
    case caller
    /// The service stops.
    case shutdown
}
