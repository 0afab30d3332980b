import Contracts
import ServiceRuntime

extension Receipt {
    /// What a sender is answered.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("id", id)
        writer.field("group", group)
        writer.field("sequence", sequence)
        writer.endObject()
        return writer.bytes
    }
}

/// A group's settings. The secret is among them: receivers need it, and only operators reach this route.
struct SettingsAnswer: Encodable, Sendable {
    let group: String
    let callbackUrl: String?
    let policy: String
    let retryWindow: String
    let timeout: String
    let orderWindow: String
    let secret: String
    let version: Int64
    let createdAt: Timestamp
    let updatedAt: Timestamp

    init(_ description: GroupDescription) {
        let settings = description.settings
        group = description.name
        callbackUrl = settings.callbackURL
        policy = settings.policy.rawValue
        retryWindow = DurationText.format(settings.retryWindow)
        timeout = DurationText.format(settings.timeout)
        orderWindow = DurationText.format(settings.orderWindow)
        secret = settings.secrets.first?.text ?? ""
        version = description.version
        createdAt = description.createdAt
        updatedAt = description.updatedAt
    }
}

/// How a group is doing; `null` for what there is not.
struct GroupStatusAnswer: Encodable, Sendable {
    let status: GroupStatus

    init(_ status: GroupStatus) { self.status = status }

    private enum Key: CodingKey {
        case group, state, depth, oldestAge, oldestAt, inFlight, nextAttempt, attempts, reason, lastSequence,
            deadLetters
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(status.name, forKey: .group)
        try container.encode(status.state.rawValue, forKey: .state)
        try container.encode(status.depth, forKey: .depth)
        let age = status.oldestAt.map { Double(max(0, Timestamp.now.milliseconds - $0.milliseconds)) / 1000 }
        try container.encode(age, forKey: .oldestAge)
        try container.encode(status.oldestAt, forKey: .oldestAt)
        try container.encode(status.isInFlight ? 1 : 0, forKey: .inFlight)
        try container.encode(status.nextAttempt, forKey: .nextAttempt)
        try container.encode(status.attempts, forKey: .attempts)
        try container.encode(status.reason, forKey: .reason)
        try container.encode(status.lastSequence, forKey: .lastSequence)
        try container.encode(status.deadLetters, forKey: .deadLetters)
    }
}

/// A message that waits.
struct WaitingMessageAnswer: Encodable, Sendable {
    let id: Int64
    let sequence: Int64
    let webhookId: String
    let contentType: String?
    let bytes: Int64
    let acceptedAt: Timestamp

    init(_ message: WaitingMessage) {
        id = message.id
        sequence = message.sequence
        webhookId = message.webhookID
        contentType = message.contentType
        bytes = message.bytes
        acceptedAt = message.acceptedAt
    }
}

/// One message with its attempts.
struct MessageStatusAnswer: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        let number: Int
        let time: Timestamp
        let statusCode: Int?
        let duration: Double
        let reason: String?
        let answer: String
        let epoch: Int64

        init(_ attempt: Attempt) {
            number = attempt.number
            time = attempt.startedAt
            statusCode = attempt.statusCode
            duration = Double(attempt.duration.wholeMilliseconds) / 1000
            reason = attempt.reason
            answer = String(decoding: attempt.answer, as: UTF8.self)
            epoch = attempt.epoch
        }
    }

    let id: Int64
    let group: String
    let sequence: Int64
    let webhookId: String
    let status: String
    let acceptedAt: Timestamp
    let finishedAt: Timestamp?
    let attempts: [Item]

    init(_ message: MessageStatus) {
        id = message.id
        group = message.group
        sequence = message.sequence
        webhookId = message.webhookID
        status = message.status
        acceptedAt = message.acceptedAt
        finishedAt = message.finishedAt
        attempts = message.attempts.map(Item.init)
    }
}

/// A message that was set aside.
struct DeadLetterAnswer: Encodable, Sendable {
    let id: Int64
    let group: String
    let sequence: Int64
    let webhookId: String
    let attempts: Int
    let statusCode: Int?
    let reason: String
    let acceptedAt: Timestamp
    let failedAt: Timestamp

    init(_ letter: DeadLetter) {
        id = letter.id
        group = letter.group
        sequence = letter.sequence
        webhookId = letter.webhookID
        attempts = letter.attempts
        statusCode = letter.statusCode
        reason = letter.reason
        acceptedAt = letter.acceptedAt
        failedAt = letter.failedAt
    }
}
