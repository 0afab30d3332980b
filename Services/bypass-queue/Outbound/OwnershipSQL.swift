import Postgres

/// What several statements about owners share.
enum OwnershipSQL {
    /// The channel on which an owner is told of its groups.
    static func channel(_ owner: Int64) -> String { "bypass_\(owner)" }
    /// The channel on which all are told that groups are free.
    static let freeChannel = "bypass_free"

    /// Keeps an owner from being fenced out until the transaction ends; `false` if it was already.
    ///
    /// - Parameter waits: With `false` an owner that is just being fenced out counts as gone. For those who hold groups
    ///   already: who fences an owner out takes its groups next.
    static func lock(_ owner: Int64, waits: Bool, on connection: PostgresConnection) throws -> Bool {
        let suffix = waits ? "" : " SKIP LOCKED"
        return try connection.query(
            "SELECT 1 FROM owners WHERE id = $1 FOR KEY SHARE\(suffix)", [.int8(owner)]
        ).count == 1
    }

    /// What an owner is told.
    enum Signal: String {
        /// Messages have come.
        case messages = "m"
        /// Settings or state were changed.
        case control = "c"
    }

    /// Tells owners of their groups once the transaction has committed; those without an owner are offered to all.
    ///
    /// A signal may be lost with its process. The owner compares its groups with the store every two seconds, and free
    /// groups are looked for twice a second, so a group waits no longer for it than that.
    static func signal(
        _ groups: [(owner: Int64?, group: Int64)], _ signal: Signal, on connection: PostgresConnection
    ) {
        for (owner, members) in Dictionary(grouping: groups, by: \.owner) {
            guard let owner else {
                signalFree(on: connection)
                continue
            }
            // A payload has room for 8,000 bytes.
            for start in stride(from: 0, to: members.count, by: 350) {
                let ids = members[start..<min(start + 350, members.count)].map { String($0.group) }
                connection.signal(channel(owner), payload: "\(signal.rawValue):\(ids.joined(separator: ","))")
            }
        }
    }

    /// Tells all that there are groups without an owner, once the transaction has committed.
    static func signalFree(on connection: PostgresConnection) { connection.signal(freeChannel) }

    /// Reads a payload back.
    static func parse(_ payload: String) -> (signal: Signal, groups: [Int64])? {
        let parts = payload.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let signal = Signal(rawValue: String(parts[0])) else { return nil }
        return (signal, parts[1].split(separator: ",").compactMap { Int64($0) })
    }
}
