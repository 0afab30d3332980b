import DequeModule

/// The events between their acceptance and their commit: bounded in number and bytes, in the order they came.
///
/// What was taken for a flush counts until ``release(events:bytes:)``, so that memory stays bounded whatever the writer
/// does.
struct EventBuffer<Receipt: Sendable, Instant: InstantProtocol & Sendable>: Sendable
where Instant.Duration == Duration {
    /// An event with what its caller waits for.
    struct Entry: Sendable {
        var event: Event
        /// `nil`: its caller does not wait.
        var receipt: Receipt?
        /// Whether the recovery log will do for it.
        var mayLog = true
        var arrivedAt: Instant
        var size: Int
    }

    private let limits: BatchLimits
    private var queue = Deque<Entry>()
    private(set) var level = QueueLevel<Instant>()
    /// What a flush has taken and not released yet.
    private(set) var takenEvents = 0
    private(set) var takenBytes = 0
    private var takenOldest: Instant?

    init(limits: BatchLimits) { self.limits = limits }

    var events: Int { level.events + takenEvents }
    var bytes: Int { level.bytes + takenBytes }
    /// When the oldest event came that is not stored yet.
    var oldest: Instant? { takenOldest ?? level.oldest }

    /// Whether this much more fits. A single event always fits into an empty buffer.
    func hasRoom(events: Int, bytes: Int) -> Bool {
        self.events + events <= limits.bufferEvents && (self.bytes + bytes <= limits.bufferBytes || self.events == 0)
    }

    mutating func append(_ entry: Entry) {
        queue.append(entry)
        level.events += 1
        level.bytes += entry.size
        if entry.receipt != nil { level.awaited += 1 }
        if level.oldest == nil { level.oldest = entry.arrivedAt }
        level.newest = entry.arrivedAt
    }

    /// Removes the next batch.
    mutating func take() -> [Entry] {
        var (count, size) = (0, 0)
        while count < queue.count, count < limits.maxFlush {
            let next = queue[count].size
            if count > 0, size + next > limits.maxFlushBytes { break }
            size += next
            count += 1
        }
        let batch = Array(queue.prefix(count))
        queue.removeFirst(count)
        level.events -= count
        level.bytes -= size
        for entry in batch where entry.receipt != nil { level.awaited -= 1 }
        level.oldest = queue.first?.arrivedAt
        if queue.isEmpty { level.newest = nil }
        takenEvents += count
        takenBytes += size
        takenOldest = batch.first?.arrivedAt
        return batch
    }

    /// Gives back the room of what ``take()`` took, once it is written or refused.
    mutating func release(events: Int, bytes: Int) {
        takenEvents -= events
        takenBytes -= bytes
        takenOldest = nil
    }
}
