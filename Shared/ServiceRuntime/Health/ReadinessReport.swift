import Contracts

/// What `/readyz` answers.
public struct ReadinessReport: Sendable, Hashable {
    /// One check's part of the report.
    public struct Entry: Sendable, Hashable {
        public let name: String
        public let decides: Bool
        public let result: CheckResult
    }

    public let entries: [Entry]

    public var isReady: Bool { entries.allSatisfy { !$0.decides || $0.result.status == .pass } }

    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("status", isReady ? "ready" : "not ready")
        json.key("checks")
        json.beginArray()
        for entry in entries {
            json.beginObject()
            json.field("name", entry.name)
            json.field("status", entry.result.status.rawValue)
            json.field("decides", entry.decides)
            if let detail = entry.result.detail { json.field("detail", detail) }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
