import Contracts
import Foundation

/// One event of the log, as it is stored.
struct Event: Sendable, Hashable {
    /// Given by the client, or made here (``EventID``); stored once within the retention time.
    var uuid: UUID
    var type: String
    var action: String
    var version: String
    var strings: [String?]
    var numbers: [Int32?]
    var userIP: String?
    /// JSON text as it came.
    var payload: [UInt8]?
    /// Which saga it belongs to.
    var correlationID: String?
    /// Who published it and when, for events that came from Kafka.
    var source: String?
    var occurredAt: Timestamp?
    /// `upd_dt`: when this service took it.
    var receivedAt: Timestamp

    init(
        uuid: UUID? = nil, type: String, action: String, version: String, strings: [String?] = [nil, nil, nil],
        numbers: [Int32?] = [nil, nil, nil], receivedAt: Timestamp = .now
    ) {
        self.type = type
        self.action = action
        self.version = version
        self.strings = strings
        self.numbers = numbers
        if let uuid {
            (self.uuid, self.receivedAt) = (uuid, receivedAt)
        } else {
            self.uuid = EventID.make(at: receivedAt)
            // Uuids only grow: beside a thread whose clock was read later, it may name the next millisecond.
            let named = EventID.time(of: self.uuid)
            self.receivedAt = named.milliseconds - receivedAt.milliseconds < 1_000 ? named : receivedAt
        }
    }

    /// Whether ``uuid`` was made here for this very event, so that it leads to it without a key.
    var isSelfDated: Bool { EventID.isOwn(uuid) && EventID.time(of: uuid) == receivedAt }

    /// About how much memory it takes, and room on the wire.
    var size: Int {
        var size = 320 + type.utf8.count + action.utf8.count + (payload?.count ?? 0)
        for text in strings { size += text?.utf8.count ?? 0 }
        return size
    }
}

/// How long an event's fields may be, in characters.
enum EventLimit {
    static let type = 60
    static let action = 60
    static let version = 10
    static let string = 100
    static let userIP = 45
    static let correlationID = 64
    /// Bytes of a whole event as JSON.
    static let bytes = 1 << 20
    /// Events in one array.
    static let array = 1_000
}
