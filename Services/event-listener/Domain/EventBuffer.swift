/// The events between their acceptance and their commit: bounded in number and bytes, in the order they came.
///
/// What was taken for a flush counts until ``release(events:bytes:)``, so that memory stays bounded whatever the writer
/// does.
struct EventBuffer<Receipt: Sendable, Instant: InstantProtocol & Sendable>: Sendable
where Instant.Duration == Duration {
    /// What belongs to an event until it is stored.
    struct Ticket: Sendable {
        /// What its caller waits for; `nil`: it does not wait.
        var receipt: Receipt?
        /// Whether the recovery log will do for it.
        var mayLog: Bool
        var arrivedAt: Instant
        var size: Int
    }

    /// Events and their tickets, apart, so that the writer gets the events as they are.
    struct Batch: Sendable {
        private(set) var events: [Event] = []
        private(set) var tickets: [Ticket] = []

        /// An empty one.
        ///
        /// - Parameter room: How many it is likely to get.
        init(room: Int = 0) {
            events.reserveCapacity(room)
            tickets.reserveCapacity(room)
        }

        private init(_ events: ArraySlice<Event>, _ tickets: ArraySlice<Ticket>) {
            (self.events, self.tickets) = (Array(events), Array(tickets))
        }

        var count: Int { events.count }
        var isEmpty: Bool { events.isEmpty }
        var bytes: Int { tickets.reduce(0) { $0 + $1.size } }

        mutating func append(_ event: Event, _ ticket: Ticket) {
            events.append(event)
            tickets.append(ticket)
        }

        mutating func append(_ other: Batch) {
            events += other.events
            tickets += other.tickets
        }

        fileprivate mutating func removeFirst(_ count: Int) -> Batch {
            defer {
                events.removeFirst(count)
                tickets.removeFirst(count)
            }
            return Batch(events.prefix(count), tickets.prefix(count))
        }
    }

    private let limits: BatchLimits
    private var queue = Batch()
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

    mutating func append(_ event: Event, _ ticket: Ticket) {
        queue.append(event, ticket)
        level.events += 1
        level.bytes += ticket.size
        if ticket.receipt != nil { level.awaited += 1 }
        if level.oldest == nil { level.oldest = ticket.arrivedAt }
        level.newest = ticket.arrivedAt
    }

    /// Removes the next batch.
    mutating func take() -> Batch {
        let batch = level.events <= limits.maxFlush && level.bytes <= limits.maxFlushBytes ? takeAll() : takeSome()
        takenEvents += batch.count
        takenBytes += batch.bytes
        takenOldest = batch.tickets.first?.arrivedAt
        return batch
    }

    private mutating func takeAll() -> Batch {
        let batch = queue
        queue = Batch(room: min(batch.count, limits.maxBatch))
        level = QueueLevel()
        return batch
    }

    private mutating func takeSome() -> Batch {
        var (count, size) = (0, 0)
        for ticket in queue.tickets.prefix(limits.maxFlush) {
            if count > 0, size + ticket.size > limits.maxFlushBytes { break }
            size += ticket.size
            count += 1
        }
        let batch = queue.removeFirst(count)
        level.events -= count
        level.bytes -= size
        level.awaited -= batch.tickets.count { $0.receipt != nil }
        level.oldest = queue.tickets.first?.arrivedAt
        if queue.isEmpty { level.newest = nil }
        return batch
    }

    /// Gives back the room of what ``take()`` took, once it is written or refused.
    mutating func release(events: Int, bytes: Int) {
        takenEvents -= events
        takenBytes -= bytes
        takenOldest = nil
    }
}
