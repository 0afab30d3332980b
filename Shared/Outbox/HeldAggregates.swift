import Contracts
import Resilience

/// Entities whose next event the broker refuses for good, such as one that is too large for it.
///
/// Their rows stay in the outbox, in order, and are tried again with growing pauses; the others go on meanwhile. A pure
/// value: the caller brings the time.
struct HeldAggregates {
    private struct Key: Hashable {
        let aggregate: Aggregate
        let id: Int64

        init(_ row: OutboxTable.Row) { (aggregate, id) = (row.event.aggregate, row.event.aggregateID) }
    }

    private struct Hold {
        var refusals: Int
        var until: ContinuousClock.Instant
    }

    private let backoff: Backoff
    private var holds: [Key: Hold] = [:]

    init(backoff: Backoff) { self.backoff = backoff }

    /// How many entities are held.
    var count: Int { holds.count }

    /// The rows that may be sent now, in their order.
    func admitted(_ rows: [OutboxTable.Row], now: ContinuousClock.Instant) -> [OutboxTable.Row] {
        guard !holds.isEmpty else { return rows }
        return rows.filter { holds[Key($0)].map { $0.until <= now } ?? true }
    }

    /// The row was refused: its entity waits.
    mutating func refused(_ row: OutboxTable.Row, now: ContinuousClock.Instant) {
        let refusals = (holds[Key(row)]?.refusals ?? 0) + 1
        holds[Key(row)] = Hold(refusals: refusals, until: now + backoff.pause(afterAttempt: refusals))
    }

    /// The row was taken: its entity is as all others.
    mutating func published(_ row: OutboxTable.Row) {
        if !holds.isEmpty { holds[Key(row)] = nil }
    }
}
