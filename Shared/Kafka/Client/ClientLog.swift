import Logging
import Synchronization

/// Takes librdkafka's log lines over into a `Logger`; lines of a kind that comes in storms pass once in five seconds.
final class ClientLog: Sendable {
    private let logger: Logger
    private let throttles = Mutex<[String: LogThrottle]>([:])

    init(_ logger: Logger) { self.logger = logger }

    /// - Parameters:
    ///   - syslog: librdkafka's level, 0 (emergency) to 7 (debug).
    ///   - facility: Its constant name for what happened, such as `FAIL`.
    func write(syslog: Int32, facility: String, text: String) {
        let level = Self.level(syslog: syslog, facility: facility)
        guard level >= logger.logLevel else { return }
        guard level >= .warning else {
            logger.log(level: level, "librdkafka", metadata: Self.metadata(facility, text))
            return
        }
        guard let suppressed = admit(facility) else { return }
        var metadata = Self.metadata(facility, text)
        if suppressed > 0 { metadata[KafkaLogKey.suppressed] = "\(suppressed)" }
        logger.log(level: level, "librdkafka", metadata: metadata)
    }

    /// An error that came as an event instead of a line.
    func write(_ error: KafkaError) {
        guard let suppressed = admit(error.description) else { return }
        var metadata: Logger.Metadata = [
            KafkaLogKey.error: "\(error)", KafkaLogKey.detail: "\(error.detail)",
        ]
        if suppressed > 0 { metadata[KafkaLogKey.suppressed] = "\(suppressed)" }
        logger.log(level: error.isFatal ? .error : .warning, "Kafka error", metadata: metadata)
    }

    private func admit(_ kind: String) -> Int? {
        throttles.withLock { $0[kind, default: LogThrottle(interval: .seconds(5))].admit(now: .now) }
    }

    private static func level(syslog: Int32, facility: String) -> Logger.Level {
        // One configuration serves producers and consumers: that a property is for the other kind is no news.
        if facility == "CONFWARN" { return .debug }
        return switch syslog {
        case ...2: .error
        case 3, 4: .warning
        case 5: .info
        case 6: .debug
        default: .trace
        }
    }

    private static func metadata(_ facility: String, _ text: String) -> Logger.Metadata {
        [KafkaLogKey.facility: "\(facility)", KafkaLogKey.detail: "\(text)"]
    }
}
