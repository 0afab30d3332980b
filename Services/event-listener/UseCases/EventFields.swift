import Contracts
import Foundation
import ServiceRuntime

/// The fields of an event as they are read, one after the other, straight from the bytes.
struct EventFields {
    /// In this order ``read(_:_:)`` knows them.
    static let names = [
        "uuid", "event_type", "event_action", "event_ver", "etc_str1", "etc_str2", "etc_str3", "etc_num1", "etc_num2",
        "etc_num3", "user_ip", "payload",
    ]
    /// Fields that the service sets.
    private static let storedNames = ["upd_dt", "correlation_id", "source", "occurred_at"]
    private static let givenFields = JSONNames(names)
    private static let storedFields = JSONNames(names + storedNames)

    private var uuid: UUID?
    private var type: String?
    private var action: String?
    private var version: String?
    private var strings: [String?] = [nil, nil, nil]
    private var numbers: [Int32?] = [nil, nil, nil]
    private var userIP: String?
    private var payload: [UInt8]?
    var correlationID: String?
    private var source: String?
    private var occurredAt: Timestamp?
    private(set) var receivedAt: Timestamp?
    private var seen: UInt32 = 0

    /// - Parameter knowsStored: Whether the fields that the service sets may be there.
    init(_ bytes: [UInt8], in range: Range<Int>?, knowsStored: Bool) throws(DomainError) {
        var reader = JSONReader(bytes, in: range)
        let kind = try reader.next()
        guard kind == .object else {
            throw DomainError(.invalid, slug: "invalid-field", detail: "An event must be a JSON object.")
        }
        reader.open()
        let known = knowsStored ? Self.storedFields : Self.givenFields
        var isFirst = true
        while try reader.hasElement(isFirst: isFirst, closing: "}") {
            isFirst = false
            guard let index = try reader.name(among: known) else { throw Self.unknown(try reader.name()) }
            guard seen & (1 << index) == 0 else { throw Self.twice(index) }
            seen |= 1 << index
            try read(index, &reader)
        }
        try reader.finish()
    }

    func event(receivedAt time: Timestamp) throws(DomainError) -> Event {
        guard let type else { throw Self.missing("event_type") }
        guard let action else { throw Self.missing("event_action") }
        guard let version else { throw Self.missing("event_ver") }
        var event = Event(
            uuid: uuid, type: type, action: action, version: version, strings: strings, numbers: numbers,
            receivedAt: time)
        event.userIP = userIP
        event.payload = payload
        event.correlationID = correlationID
        event.source = source
        event.occurredAt = occurredAt
        return event
    }

    /// - Parameter index: The field's place among all names.
    private mutating func read(_ index: Int, _ reader: inout JSONReader) throws(DomainError) {
        // A field that is null counts as one that is not there.
        if try reader.next() == .null {
            try reader.skipValue()
            return
        }
        switch index {
        case 0:
            guard let value = UUID(uuidString: try Self.text(index, 36...36, &reader)) else {
                throw DomainError.invalidField(
                    Self.names[index], "must be a UUID such as 018f0a5c-7d3e-7b6a-9c1d-2e4f6a8b0c1d")
            }
            uuid = value
        case 1: type = try Self.text(index, 1...EventLimit.type, &reader)
        case 2: action = try Self.text(index, 1...EventLimit.action, &reader)
        case 3: version = try Self.text(index, 1...EventLimit.version, &reader)
        case 4...6: strings[index - 4] = try Self.text(index, 0...EventLimit.string, &reader)
        case 7...9: numbers[index - 7] = try Self.number(index, &reader)
        case 10: userIP = try Self.text(index, 0...EventLimit.userIP, &reader)
        case 11: payload = Array(reader.bytes[try reader.skipValue()])
        case 12: receivedAt = Timestamp(try reader.string())
        case 13: correlationID = try reader.string()
        case 14: source = try reader.string()
        default: occurredAt = Timestamp(try reader.string())
        }
    }

    private static func text(
        _ index: Int, _ length: ClosedRange<Int>, _ reader: inout JSONReader
    ) throws(DomainError) -> String {
        if try reader.next() == .string {
            let text = try reader.string()
            let utf8 = text.utf8
            let fits =
                utf8.count <= length.upperBound && utf8.count >= length.lowerBound
                || length.contains(text.unicodeScalars.count)
            if fits, !utf8.contains(0) { return text }
        }
        let count =
            length.lowerBound == length.upperBound
            ? "\(length.upperBound)" : "\(length.lowerBound) to \(length.upperBound)"
        throw DomainError.invalidField(names[index], "must be a string of \(count) characters without U+0000")
    }

    private static func number(_ index: Int, _ reader: inout JSONReader) throws(DomainError) -> Int32 {
        if try reader.next() == .number, let number = try reader.int32() { return number }
        throw DomainError.invalidField(names[index], "must be a whole number from \(Int32.min) to \(Int32.max)")
    }

    private static func twice(_ index: Int) -> DomainError {
        DomainError(
            .malformed, slug: "malformed-json",
            detail: "The event has the field \"\((names + storedNames)[index])\" twice.")
    }

    private static func missing(_ name: String) -> DomainError {
        DomainError(.invalid, slug: "missing-field", detail: "The field \(name) is missing; it is required.")
    }

    private static func unknown(_ name: String) -> DomainError {
        let shown = String(name.unicodeScalars.prefix(60).map { $0.value < 0x20 ? " " : Character($0) })
        return DomainError(
            .invalid, slug: "unknown-field",
            detail: "There is no field \"\(shown)\"; the fields are \(names.joined(separator: ", ")).")
    }
}
