import Contracts
import Foundation

/// One event of the log, as it is stored.
struct Event: Sendable, Hashable {
    /// Given by the client, or made here (``EventID``); stored once within the retention time.
    var uuid: UUID
    var type: String
    var action: String
    var version: String
    var strings: Triple<String?> = Triple(nil, nil, nil)
    var numbers: Triple<Int32?> = Triple(nil, nil, nil)
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
        uuid: UUID? = nil, type: String, action: String, version: String, receivedAt: Timestamp = .now
    ) {
        self.type = type
        self.action = action
        self.version = version
        (self.uuid, self.receivedAt) = Self.identity(uuid, at: receivedAt)
    }

    /// An event that is about to be filled in, and has its uuid and time when ``identify(as:at:)`` was called.
    static let blank = Event(
        uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)), type: "", action: "", version: "")

    /// - Parameter uuid: The client's; without one it is made here.
    mutating func identify(as uuid: UUID?, at time: Timestamp) {
        (self.uuid, receivedAt) = Self.identity(uuid, at: time)
    }

    private static func identity(_ uuid: UUID?, at time: Timestamp) -> (UUID, Timestamp) {
        if let uuid { return (uuid, time) }
        let made = EventID.make(at: time)
        // Uuids only grow: beside a thread whose clock was read later, it may name the next millisecond.
        let named = EventID.time(of: made)
        return (made, named.milliseconds - time.milliseconds < 1_000 ? named : time)
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
