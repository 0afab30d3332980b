import Contracts

/// Groups as their users and operators see them.
protocol GroupRepository: Sendable {
    /// Sets a group's settings; returns whether it was made.
    func put(_ name: String, _ change: SettingsChange) async throws -> (settings: GroupDescription, isNew: Bool)
    func find(_ name: String) async throws -> GroupDescription
    /// - Errors: 409 `group-not-empty` while messages wait.
    func delete(_ name: String) async throws

    func status(_ name: String) async throws -> GroupStatus
    func list(_ state: GroupState?, _ page: PageRequest) async throws -> Page<GroupStatus>

    func command(_ command: GroupCommand, _ name: String) async throws -> GroupStatus

    func message(_ id: Int64, in group: String) async throws -> MessageStatus
    /// Messages that wait, in the order of their ids.
    func messages(in group: String, _ page: PageRequest) async throws -> Page<WaitingMessage>
}

/// What an operator can do to a group.
enum GroupCommand: Sendable, Hashable {
    case pause
    /// Ends a pause; a blocked group tries again too.
    case resume
    /// Tries the first message at once, with a new retry window.
    case retry
    /// Takes the first message out; with an id only if it is that one.
    case skip(id: Int64?)
}

/// Settings as a `PUT` gives them; what is `nil` becomes the default, but the secret stays.
struct SettingsChange: Sendable {
    var callbackURL: String?
    var policy: FailurePolicy
    var retryWindow: Duration?
    var timeout: Duration?
    var orderWindow: Duration
    var secret: SigningSecret?
}

/// A group with its settings.
struct GroupDescription: Sendable {
    let name: String
    let version: Int64
    let settings: GroupSettings
    let createdAt: Timestamp
    let updatedAt: Timestamp
}

/// How a group is doing.
struct GroupStatus: Sendable {
    let id: Int64
    let name: String
    let state: GroupState
    let depth: Int64
    /// When the oldest message that waits was accepted.
    let oldestAt: Timestamp?
    /// Somebody works on its first message now.
    let isInFlight: Bool
    let nextAttempt: Timestamp?
    /// Attempts at the first message.
    let attempts: Int
    /// What went wrong last.
    let reason: String?
    let lastSequence: Int64
    let deadLetters: Int64
}

/// One message with everything that happened to it.
struct MessageStatus: Sendable {
    let id: Int64
    let group: String
    let sequence: Int64
    let webhookID: String
    /// `Waiting`, `Retrying`, `Blocked`, `Delivered`, `DeadLettered`, `Skipped` or `Replayed`.
    let status: String
    let acceptedAt: Timestamp
    let finishedAt: Timestamp?
    let attempts: [Attempt]
}

/// A message that waits.
struct WaitingMessage: Sendable {
    let id: Int64
    let sequence: Int64
    let webhookID: String
    let contentType: String?
    let bytes: Int64
    let acceptedAt: Timestamp
}
