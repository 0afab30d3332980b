import Contracts
import Foundation

/// Which stored events are asked for; what is `nil` does not matter.
struct EventQuery: Sendable, Hashable {
    var type: String?
    var action: String?
    /// `from ≤ upd_dt < to`.
    var from: Timestamp?
    var to: Timestamp?
    var correlationID: String?
    /// Of domain events: whom and which mission they are about.
    var customerID: String?
    var missionID: String?
    var newestFirst = false
    var limit = 50
    var after: EventPlace?
}

/// An event's place in the log.
struct EventPlace: Sendable, Hashable {
    var time: Timestamp
    var uuid: UUID

    init(time: Timestamp, uuid: UUID) {
        self.time = time
        self.uuid = uuid
    }

    init(_ event: Event) { self.init(time: event.receivedAt, uuid: event.uuid) }

    /// Parses what ``text`` gave; `nil` for anything else.
    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...9).contains(parts[0].utf8.count), let time = Int64(parts[0], radix: 36),
            let uuid = UUID(text: parts[1]), text == text.lowercased(), time >= 0,
            !text.hasPrefix("+"), !text.hasPrefix("-")
        else { return nil }
        self.init(time: Timestamp(milliseconds: time), uuid: uuid)
    }

    var text: String { "\(String(time.milliseconds, radix: 36)).\(uuid.text)" }
}
