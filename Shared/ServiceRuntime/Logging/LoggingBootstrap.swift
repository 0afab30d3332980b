import Logging
import Synchronization

/// Sets up logging for the process, once.
enum LoggingBootstrap {
    private static let logger = Mutex<Logger?>(nil)

    /// The process's logger, if logging has been set up.
    static var current: Logger? { logger.withLock { $0 } }

    /// Every `Logger(label:)` of the process writes to `writer` in the configured format from now on.
    static func start(service: String, runtime: RuntimeConfiguration, writer: LogWriter) -> Logger {
        logger.withLock { logger in
            if let logger { return logger }
            let (format, level) = (runtime.logFormat, runtime.logLevel)
            LoggingSystem.bootstrap { label in
                LineLogHandler(label: label, service: service, format: format, level: level, writer: writer)
            }
            let made = Logger(label: service)
            logger = made
            return made
        }
    }
}
