import Synchronization

/// The faults in force; the first that concerns a request is shown to it.
final class FaultBoard: Sendable {
    private let faults = Mutex<[Fault]>([])

    /// Replaces all faults.
    func set(_ new: [Fault]) {
        faults.withLock { $0 = new }
    }

    var all: [Fault] { faults.withLock { $0 } }

    /// The fault that a request to `chat` meets, if any.
    func fault(chat: Int64?) -> Fault? {
        all.first { $0.concerns(chat: chat, dice: Double.random(in: 0..<1)) }
    }
}
