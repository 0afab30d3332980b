import Contracts
import ServiceRuntime

/// What `GET /buffer` answers.
enum BufferReport {
    static func json(_ status: IntakeStatus, limits: BatchLimits, log: RecoveryBacklog, index: IndexStatus) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("state", status.state)
        json.field("events", Int64(status.events))
        json.field("bytes", Int64(status.bytes))
        json.field("maxEvents", Int64(limits.bufferEvents))
        json.field("maxBytes", Int64(limits.bufferBytes))
        json.key("oldestAgeSeconds")
        json.literal(seconds(status.oldestAge))
        json.key("lastFlush")
        if let flush = status.lastFlush {
            json.beginObject()
            json.field("cause", flush.cause)
            json.field("events", Int64(flush.events))
            json.key("seconds")
            json.literal(seconds(flush.took))
            json.field("at", flush.at.description)
            json.endObject()
        } else {
            json.literal("null")
        }
        json.key("sinks")
        json.beginObject()
        json.key("postgres")
        json.beginObject()
        json.field("state", status.storeAwayFor == nil ? "up" : "down")
        json.key("downForSeconds")
        json.literal(seconds(status.storeAwayFor ?? .zero))
        json.endObject()
        json.key("elasticsearch")
        index.write(to: &json)
        json.endObject()
        json.key("recoveryLog")
        json.beginObject()
        json.field("events", Int64(log.events))
        json.field("bytes", Int64(log.bytes))
        json.field("files", Int64(log.files))
        json.key("fault")
        if let fault = log.fault { json.string(fault) } else { json.literal("null") }
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// With milliseconds.
    static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1_000 + duration.components.attoseconds / 1_000_000_000_000_000
        let rest = String(milliseconds % 1_000)
        return "\(milliseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}

extension IndexStatus {
    fileprivate func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("state", state.rawValue)
        json.field("indexed", Int64(indexed))
        json.field("rejected", Int64(rejected))
        json.key("lagSeconds")
        json.literal(lag().map(BufferReport.seconds) ?? "null")
        json.key("fault")
        if let fault { json.string(fault) } else { json.literal("null") }
        json.endObject()
    }
}
