/// The session on which this process is an owner, and is told of its groups.
protocol LeaseSession: Sendable {
    /// Makes this process an owner; its lease begins now.
    func register(name: String, lease: Duration) async throws -> Int64
    /// Prolongs the lease; `false` when the owner was fenced out.
    func renew(_ owner: Int64, lease: Duration) async throws -> Bool
    /// Waits until there is something to be told, at most so long.
    func signals(_ owner: Int64, timeout: Duration) async throws -> [OwnerSignal]
    /// Ends a wait.
    func interrupt()
    func close() async
}

/// What an owner is told.
enum OwnerSignal: Sendable, Hashable {
    /// Messages have come into these groups.
    case messages([Int64])
    /// Settings or state of these groups were changed.
    case control([Int64])
    /// There are groups without an owner.
    case free
    /// Something may have been missed.
    case interrupted
}
