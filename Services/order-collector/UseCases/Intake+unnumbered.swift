import Contracts
import Orders
import WorkerThreads

extension Intake {
    /// A line from a source whose lines cannot be read again.
    struct Unnumbered: Sendable {
        let body: ArraySlice<UInt8>
        var headers: [Event.Header] = []
        var isTruncated = false
    }

    /// Takes lines that have no place in a file: they are numbered in the order in which they come here, so that the way
    /// from here on can tell repeats. Returns once none of them can be lost any more.
    func accept(_ lines: [Unnumbered]) async throws {
        guard !lines.isEmpty else { return }
        let isSafe = AsyncCondition(false)
        try await inTurn { generation, next in
            let now = Timestamp.now.milliseconds
            let events = lines.map { line in
                defer { next += 1 }
                return Event(
                    body: line.body, id: LineID(generation: generation, offset: next), end: next + 1, seenAt: now,
                    headers: line.headers, isTruncated: line.isTruncated)
            }
            try await accept(events) { isSafe.update { $0 = true } }
        }
        guard await isSafe.wait({ $0 ? () : nil }) != nil else { throw CancellationError() }
    }
}
