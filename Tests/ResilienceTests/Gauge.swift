import Synchronization

/// A number that tasks change together, and the highest it ever was.
final class Gauge: Sendable {
    private let state = Mutex((value: 0, peak: 0, sum: 0))

    var value: Int { state.withLock { $0.value } }
    var peak: Int { state.withLock { $0.peak } }
    /// How often it was counted up.
    var sum: Int { state.withLock { $0.sum } }

    func up() {
        state.withLock {
            $0.value += 1
            $0.sum += 1
            $0.peak = max($0.peak, $0.value)
        }
    }

    func down() { state.withLock { $0.value -= 1 } }
}
