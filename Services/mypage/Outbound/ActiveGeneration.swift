import Synchronization

/// The generation that readers see, as this replica last heard of it.
final class ActiveGeneration: Sendable {
    private let state = Mutex<Generations?>(nil)

    /// `nil` until the database has been asked for the first time.
    var generations: Generations? {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    var active: Generation? { generations?.active }

    func isLive(_ generation: Generation) -> Bool { generations?.live.contains(generation) ?? true }
}
