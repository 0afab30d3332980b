import Synchronization

/// Counts from any thread.
final class EventCounter: Sendable {
    private let counted = Atomic<Int>(0)

    var count: Int { counted.load(ordering: .relaxed) }

    /// One more; returns how many there are now.
    @discardableResult
    func add() -> Int { counted.add(1, ordering: .relaxed).newValue }
}
