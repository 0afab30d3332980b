import Synchronization

/// The generations as this replica last heard of them.
final class ActiveGeneration: Sendable {
    private let state = Mutex<Generations?>(nil)

    /// `nil` until the database has been asked for the first time.
    var generations: Generations? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    /// The one that readers see.
    var active: Generation? { generations?.active }
    /// Those that are fed.
    var live: Set<Generation> { generations?.live ?? [] }
}
