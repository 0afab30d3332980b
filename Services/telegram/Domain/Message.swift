import Contracts

/// A message to a customer: `Queued → Sent | Failed | Blocked | Uncertain | Unlinked`, `Unlinked → Queued`.
///
/// Its `key` is unique for ever: whatever asks for it, and however often, there is one message.
struct Message: AggregateRoot, Hashable {
    /// How long after its making a message to an unlinked customer still waits for the link.
    static let linkWindow: Duration = .seconds(24 * 60 * 60)

    let id: Int64
    private(set) var version: Int64
    let key: String
    let missionId: Int64?
    let giftId: Int64?
    let customerId: Int64
    let text: String
    private(set) var status: MessageStatus
    /// Why it has this status, for an operator; `nil` while there is nothing to say.
    private(set) var reason: String?
    /// The saga and the trace that asked for it, for the events that tell of it.
    let correlationID: String
    let trace: String
    let createdAt: Timestamp
    private(set) var updatedAt: Timestamp

    var owner: Int64? { customerId }

    init(
        id: Int64, version: Int64, key: String, missionId: Int64?, giftId: Int64?, customerId: Int64, text: String,
        status: MessageStatus, reason: String?, correlationID: String, trace: String, createdAt: Timestamp,
        updatedAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.key = key
        self.missionId = missionId
        self.giftId = giftId
        self.customerId = customerId
        self.text = text
        self.status = status
        self.reason = reason
        self.correlationID = correlationID
        self.trace = trace
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// Takes on another status.
    ///
    /// - Throws: a refusal when the transition is not one of those drawn above.
    mutating func become(_ next: MessageStatus, reason: String? = nil, at now: Timestamp) throws(DomainError) {
        guard status.canBecome(next) else { throw .messageTransition(id, status, next) }
        status = next
        self.reason = reason
        version += 1
        updatedAt = max(now, updatedAt)
    }
}

extension MessageStatus {
    func canBecome(_ next: MessageStatus) -> Bool {
        switch self {
        case .queued: next != .queued
        case .unlinked: next == .queued
        case .sent, .failed, .blocked, .uncertain: false
        }
    }

    /// Nothing more will happen to the message.
    var isFinal: Bool { self != .queued && self != .unlinked }
}
