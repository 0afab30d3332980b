import Contracts
import Foundation
import ServiceRuntime

/// Reads events from JSON.
enum EventReader {
    /// Reads what a client sent.
    ///
    /// - Parameter range: The part of `bytes` that is the event, the whole without it.
    /// - Errors: 400 `malformed-json`, 422 `unknown-field`, `missing-field` or `invalid-field`, 413 `body-too-large`.
    static func read(
        _ bytes: [UInt8], in range: Range<Int>? = nil, correlationID: String? = nil, at time: Timestamp = .now
    ) throws(DomainError) -> Event {
        guard (range?.count ?? bytes.count) <= EventLimit.bytes else {
            throw DomainError(
                .tooLarge, slug: "event-too-large",
                detail: "An event must not be larger than \(EventLimit.bytes) bytes.")
        }
        var event = try EventFields(bytes, in: range, knowsStored: false).event(receivedAt: time)
        event.correlationID = correlationID
        return event
    }

    /// Reads what ``EventJSON`` wrote.
    static func readStored(_ bytes: [UInt8], in range: Range<Int>? = nil) throws(DomainError) -> Event {
        let fields = try EventFields(bytes, in: range, knowsStored: true)
        guard let time = fields.receivedAt else { throw DomainError.invalidField("upd_dt", "must be an RFC 3339 time") }
        return fields.event(receivedAt: time)
    }
}
