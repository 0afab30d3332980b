import Contracts

/// What a customer is told of a gift through the synchronous call.
enum Notice: String, Sendable, Hashable, Codable, CaseIterable {
    // In the order in which they happen.
    case exchanged, used
}

/// What became of telling the customer.
enum NoticeState: RawRepresentable, Sendable, Hashable, Codable {
    /// A replica is about to call telegram, or has died over it.
    case pending
    /// Telegram was asked by an event.
    case deferred
    /// Telegram's own answer to the call.
    case answered(MessageStatus)

    init?(rawValue: String) {
        switch rawValue {
        case "Pending": self = .pending
        case "Deferred": self = .deferred
        default:
            guard let status = MessageStatus(rawValue: rawValue) else { return nil }
            self = .answered(status)
        }
    }

    var rawValue: String {
        switch self {
        case .pending: "Pending"
        case .deferred: "Deferred"
        case .answered(let status): status.rawValue
        }
    }

    /// Telegram itself has said that it has the message.
    var isTaken: Bool { self != .pending && self != .deferred }
    /// Telegram has said at once that the customer cannot be reached.
    var isUndeliverable: Bool { self == .answered(.failed) || self == .answered(.blocked) }
}

/// The states of a gift's notices, and when somebody must look after those that are pending.
struct GiftNotices: Sendable, Hashable, Codable {
    var exchange: NoticeState
    /// `nil` while the gift has not been used.
    var use: NoticeState?
    /// After this time a pending notice counts as forgotten; `nil` while none is pending.
    var due: Timestamp?

    init(exchange: NoticeState, use: NoticeState? = nil, due: Timestamp? = nil) {
        self.exchange = exchange
        self.use = use
        self.due = due
    }

    subscript(notice: Notice) -> NoticeState? {
        get { notice == .exchanged ? exchange : use }
        set {
            switch notice {
            case .exchanged: exchange = newValue ?? exchange
            case .used: use = newValue
            }
            if exchange != .pending, use != .pending { due = nil }
        }
    }
}
