import DequeModule
import Orders

/// Which parts of which files are safe, in the order in which they were read: a position moves on only when everything
/// before it is safe.
struct AckLedger: Sendable {
    private struct Entry: Sendable {
        let ticket: Int
        let generation: LineID.Generation
        let end: Int64
        var isSafe = false
    }

    private var entries: Deque<Entry> = []
    private var next = 0

    /// Notes that the lines up to `end` have been handed on; the ticket is for ``safe(_:)``.
    mutating func handOn(_ generation: LineID.Generation, end: Int64) -> Int {
        next += 1
        entries.append(Entry(ticket: next, generation: generation, end: end))
        return next
    }

    /// Returns the positions that have moved, the latest of each generation.
    mutating func safe(_ ticket: Int) -> [LineID.Generation: Int64] {
        if let index = entries.firstIndex(where: { $0.ticket == ticket }) { entries[index].isSafe = true }
        var moved: [LineID.Generation: Int64] = [:]
        while let first = entries.first, first.isSafe {
            moved[first.generation] = first.end
            entries.removeFirst()
        }
        return moved
    }
}
