/// How much waits in the buffer for the next flush.
struct QueueLevel<Instant: InstantProtocol & Sendable>: Sendable, Hashable where Instant.Duration == Duration {
    var events = 0
    var bytes = 0
    /// Events whose caller waits for the commit.
    var awaited = 0
    /// When the first of them came, and the last.
    var oldest: Instant?
    var newest: Instant?

    var isEmpty: Bool { events == 0 }
}
