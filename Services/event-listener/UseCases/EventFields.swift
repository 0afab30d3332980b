import Contracts
import Foundation
import ServiceRuntime

/// The fields of an event as they are read, one after the other, straight from the bytes.
struct EventFields {
    private enum Field: String, CaseIterable {
        case uuid
        case type = "event_type"
        case action = "event_action"
        case version = "event_ver"
        case string1 = "etc_str1"
        case string2 = "etc_str2"
        case string3 = "etc_str3"
        case number1 = "etc_num1"
        case number2 = "etc_num2"
        case number3 = "etc_num3"
        case userIP = "user_ip"
        case payload
        // Those that the service sets.
        case receivedAt = "upd_dt"
        case correlationID = "correlation_id"
        case source
        case occurredAt = "occurred_at"

        static let all = allCases
        static let given = all.prefix { $0 != .receivedAt }.map(\.rawValue)
        static let givenNames = JSONNames(given)
        static let allNames = JSONNames(all.map(\.rawValue))
    }

    private var event = Event.blank
    private var uuid: UUID?
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
        let names = knowsStored ? Field.allNames : Field.givenNames
        var isFirst = true
        while try reader.hasElement(isFirst: isFirst, closing: "}") {
            isFirst = false
            guard let index = try reader.name(among: names) else { throw Self.unknown(try reader.name()) }
            let field = Field.all[index]
            guard seen & (1 << index) == 0 else { throw Self.twice(field) }
            seen |= 1 << index
            try read(field, &reader)
        }
        try reader.finish()
        // None of these may be empty.
        if event.type.isEmpty { throw Self.missing("event_type") }
        if event.action.isEmpty { throw Self.missing("event_action") }
        if event.version.isEmpty { throw Self.missing("event_ver") }
    }

    func event(receivedAt time: Timestamp) -> Event {
        var event = event
        event.identify(as: uuid, at: time)
        return event
    }

    private mutating func read(_ field: Field, _ reader: inout JSONReader) throws(DomainError) {
        // A field that is null counts as one that is not there.
        if try reader.next() == .null {
            try reader.skipValue()
            return
        }
        switch field {
        case .uuid:
            guard let value = UUID(text: try Self.text(field, 36...36, &reader)) else {
                throw DomainError.invalidField(
                    field.rawValue, "must be a UUID such as 018f0a5c-7d3e-7b6a-9c1d-2e4f6a8b0c1d")
            }
            uuid = value
        case .type: event.type = try Self.text(field, 1...EventLimit.type, &reader)
        case .action: event.action = try Self.text(field, 1...EventLimit.action, &reader)
        case .version: event.version = try Self.text(field, 1...EventLimit.version, &reader)
        case .string1: event.strings.one = try Self.text(field, 0...EventLimit.string, &reader)
        case .string2: event.strings.two = try Self.text(field, 0...EventLimit.string, &reader)
        case .string3: event.strings.three = try Self.text(field, 0...EventLimit.string, &reader)
        case .number1: event.numbers.one = try Self.number(field, &reader)
        case .number2: event.numbers.two = try Self.number(field, &reader)
        case .number3: event.numbers.three = try Self.number(field, &reader)
        case .userIP: event.userIP = try Self.text(field, 0...EventLimit.userIP, &reader)
        case .payload: event.payload = Array(reader.bytes[try reader.skipValue()])
        case .receivedAt: receivedAt = Timestamp(try reader.string())
        case .correlationID: event.correlationID = try reader.string()
        case .source: event.source = try reader.string()
        case .occurredAt: event.occurredAt = Timestamp(try reader.string())
        }
    }

    private static func text(
        _ field: Field, _ length: ClosedRange<Int>, _ reader: inout JSONReader
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
        throw DomainError.invalidField(field.rawValue, "must be a string of \(count) characters without U+0000")
    }

    private static func number(_ field: Field, _ reader: inout JSONReader) throws(DomainError) -> Int32 {
        if try reader.next() == .number, let number = try reader.int32() { return number }
        throw DomainError.invalidField(field.rawValue, "must be a whole number from \(Int32.min) to \(Int32.max)")
    }

    private static func twice(_ field: Field) -> DomainError {
        DomainError(
            .malformed, slug: "malformed-json",
            detail: "The event has the field \"\(field.rawValue)\" twice.")
    }

    private static func missing(_ name: String) -> DomainError {
        DomainError(.invalid, slug: "missing-field", detail: "The field \(name) is missing; it is required.")
    }

    private static func unknown(_ name: String) -> DomainError {
        let shown = String(name.unicodeScalars.prefix(60).map { $0.value < 0x20 ? " " : Character($0) })
        return DomainError(
            .invalid, slug: "unknown-field",
            detail: "There is no field \"\(shown)\"; the fields are \(Field.given.joined(separator: ", ")).")
    }
}
