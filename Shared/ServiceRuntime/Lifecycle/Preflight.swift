import Logging
import Synchronization

/// Repeats a service's preflight until it passes.
struct Preflight: Sendable {
    let check: @Sendable () async throws -> Void
    let isUnavailable: @Sendable (any Error) -> Bool
    let logger: Logger
    /// Opened when the check has passed.
    let passed = Gate<Bool>()
    /// Opened when the check has had its first outcome.
    let attempted = Gate<Bool>()

    /// Returns when the check passed or the task is cancelled.
    ///
    /// - Errors: What the check throws, unless it means that the store is not reachable now.
    func run() async throws {
        var pause = Duration.milliseconds(100)
        var warned: ContinuousClock.Instant?
        while true {
            do {
                try await check()
                if warned != nil { logger.info("start-up checks passed") }
                passed.open()
                return attempted.open()
            } catch  where isUnavailable(error) {
                attempted.open()
                if warned.map({ $0.duration(to: .now) > .seconds(10) }) ?? true {
                    warned = .now
                    logger.warning(
                        "not ready: waiting for what the service needs",
                        metadata: [LogKey.error: "\(ErrorText.line(error))"])
                }
            }
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 2, .seconds(2))
        }
    }

    /// The check that shows in `/readyz` whether the preflight has passed.
    func readiness() -> CheckResult { passed.value == true ? .pass() : .fail("start-up checks have not passed yet") }
}
