import DequeModule

/// Who runs and who waits, first in, first out. A value; knows nothing of tasks.
///
/// Somebody waits only while every place is taken: a place that comes free passes to the first in the queue at once, so
/// that nobody who comes later can take it.
struct BulkheadQueue {
    enum Admission: Hashable {
        case running
        /// Waits under this number.
        case waiting(Int)
        case refused
    }

    private let maxConcurrent: Int
    private let maxWaiting: Int
    private var queue = Deque<Int>()
    private var lastID = 0
    private(set) var running = 0

    var waiting: Int { queue.count }

    init(maxConcurrent: Int, maxWaiting: Int) {
        self.maxConcurrent = maxConcurrent
        self.maxWaiting = maxWaiting
    }

    mutating func enter() -> Admission {
        if running < maxConcurrent {
            running += 1
            return .running
        }
        guard queue.count < maxWaiting else { return .refused }
        lastID += 1
        queue.append(lastID)
        return .waiting(lastID)
    }

    /// One that ran is over. Returns who has its place now; `nil` if nobody waits.
    mutating func leave() -> Int? {
        precondition(running > 0, "left a bulkhead that nobody had entered")
        if let next = queue.popFirst() { return next }
        running -= 1
        return nil
    }

    /// Takes out one that waits; `false` if it has a place already or waits no more.
    mutating func abandon(_ id: Int) -> Bool {
        guard let index = queue.firstIndex(of: id) else { return false }
        queue.remove(at: index)
        return true
    }
}
