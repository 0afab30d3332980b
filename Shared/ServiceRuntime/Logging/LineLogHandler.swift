import Contracts
import Logging

/// Writes each log event as one line, JSON or text.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let service: String
    private let format: LogFormat
    private let writer: LogWriter

    public init(
        label: String, service: String, format: LogFormat, level: Logger.Level = .info,
        writer: LogWriter = .standardOutput
    ) {
        self.label = label
        self.service = service
        self.format = format
        self.writer = writer
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { $1 }
        if let own = event.metadata { all.merge(own) { $1 } }
        let fields = all.sorted { $0.key < $1.key }
        switch format {
        case .json: writer.write(json(event, fields))
        case .text: writer.write(text(event, fields))
        }
    }

    private func json(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("time", Timestamp.now.description)
        json.field("level", event.level.rawValue)
        json.field("message", event.message.description)
        json.field("logger", label)
        json.field("service", service)
        for (key, value) in fields {
            json.key(Self.reserved.contains(key) ? "_" + key : key)
            Self.write(value, to: &json)
        }
        json.endObject()
        return json.bytes + [0x0A]
    }

    private static let reserved: Set<String> = ["time", "level", "message", "logger", "service"]

    private static func write(_ value: Logger.MetadataValue, to json: inout JSONWriter) {
        switch value {
        case .string(let text): json.string(text)
        case .stringConvertible(let value): json.string(value.description)
        case .array(let values):
            json.beginArray()
            for value in values { write(value, to: &json) }
            json.endArray()
        case .dictionary(let values):
            json.beginObject()
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                json.key(key)
                write(value, to: &json)
            }
            json.endObject()
        }
    }

    private func text(_ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)]) -> [UInt8] {
        var line = "\(Timestamp.now) \(event.level.rawValue) \(service)/\(label): \(event.message)"
        for (key, value) in fields { line += " \(key)=\(value)" }
        return Array((SafeText.singleLine(line, limit: 16_384) + "\n").utf8)
    }
}
