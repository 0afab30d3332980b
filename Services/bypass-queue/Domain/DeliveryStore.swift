import Contracts

/// Where an owner reads its groups' messages and records what became of them.
protocol DeliveryStore: Sendable {
    /// A group's control state and its first messages behind `id`; `nil` when the group is another owner's by now.
    func load(_ lane: OwnedLane, after id: Int64) async throws -> LoadedLane?

    /// Closes the ordering window of the group's first messages; returns how long it is still open, `nil` when it is
    /// closed now.
    func order(_ lane: OwnedLane, window: Duration) async throws -> Duration?

    /// Records an attempt and what follows from it, with its event, in one commit.
    func settle(_ settlement: Settlement, owner: Int64) async throws -> SettleOutcome
}

/// A group in one owner's hands.
struct OwnedLane: Sendable, Hashable {
    let groupID: Int64
    let epoch: Int64
    let owner: Int64
}

struct LoadedLane: Sendable {
    let control: GroupControl
    /// In the order of their delivery.
    let messages: [QueuedMessage]
    /// There are more.
    let isCut: Bool
}

enum SettleOutcome: Sendable, Hashable {
    case done
    /// The message had been skipped.
    case gone
    /// This replica does not own its groups any more.
    case fenced
}
