import Synchronization

/// Numbers of groups by name, as the intake has seen them: in their order groups are locked.
///
/// A group that was deleted may still be here, or be here with its former number; who looks it up compares both.
final class KnownGroups: Sendable {
    /// So many are remembered; then all are forgotten, and learnt again one by one.
    static let limit = 100_000

    private let ids = Mutex<[String: Int64]>([:])

    /// - Returns: For each message its group's number, if it is known.
    func ids(of messages: [IncomingMessage]) -> [Int64?] {
        ids.withLock { ids in messages.map { ids[$0.group] } }
    }

    func learn(_ groups: some Sequence<(name: String, id: Int64)>) {
        ids.withLock { ids in
            for group in groups {
                if ids.count >= Self.limit { ids.removeAll() }
                ids[group.name] = group.id
            }
        }
    }
}
