import Dispatch
import Foundation
import Logging

/// Ends the process by force when its shutdown takes too long.
enum ShutdownDeadline {
    /// On a thread of its own: the cooperative pool may be what hangs.
    static func start(_ timeout: Duration, service: String, _ logger: Logger) {
        let (seconds, attoseconds) = timeout.components
        let interval = Double(seconds) + Double(attoseconds) * 1e-18
        DispatchQueue(label: "shutdown-deadline").asyncAfter(deadline: .now() + interval) {
            let message = "SHUTDOWN_TIMEOUT (\(DurationText.format(timeout))) has passed, ending by force"
            logger.critical("shutdown took too long, ending by force", metadata: [LogKey.seconds: "\(interval)"])
            LogWriter.standardError.write(Array("\(service): \(message)\n".utf8))
            _exit(ExitStatus.failure)
        }
    }
}
