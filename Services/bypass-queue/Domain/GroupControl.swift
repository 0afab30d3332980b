import Contracts

/// What the store knows of a group that an owner must know too.
struct GroupControl: Sendable, Hashable {
    var settings: GroupSettings
    var isPaused = false
    var isBlocked = false
    /// Of the message `head.id`, while it is the first.
    var head = HeadProgress()
    /// Changes whenever the owner must look again.
    var revision: Int64 = 0
    var lastSequence: Int64
    /// An ordering window was closed once: sequences may differ from the order of ids.
    var usesOrder = false
}

/// How far the first message of a group has come.
struct HeadProgress: Sendable, Hashable {
    var id: Int64?
    /// Attempts whose outcome is recorded.
    var attempts = 0
    var firstAt: Timestamp?
    var nextAt: Timestamp?
    /// Events that have told of it.
    var events = 0
}

/// What a group is doing.
enum GroupState: String, Sendable, Hashable, CaseIterable {
    case active = "Active"
    case paused = "Paused"
    case retrying = "Retrying"
    case blocked = "Blocked"
}
