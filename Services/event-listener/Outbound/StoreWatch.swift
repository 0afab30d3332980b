import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Looks whether a store that was away is back, and brings what waits in the recovery log to it.
struct StoreWatch<Receipt: Sendable>: Service, CustomStringConvertible {
    let intake: EventIntake<Receipt>
    let log: RecoveryLog
    /// Not the writer's own connection, so that neither waits for the other.
    let pool: PostgresPool
    var interval: Duration = .milliseconds(200)
    let logger: Logger

    var description: String { "StoreWatch" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func look() async {
        if intake.isAway, await isBack() {
            logger.notice("the store takes events again")
            intake.storeIsBack()
        }
        if log.backlog.fault != nil || intake.status.held > 0 {
            intake.store.performWithoutStore { [intake, log] in
                log.probe()
                intake.retryHeld()
            }
        }
        guard !intake.isAway else { return }
        while !Task.isCancelled, !intake.isAway, let file = log.oldest() {
            do {
                let report = try await RecoveryReplay(pool: pool, logger: logger).replay(file)
                try log.remove(file)
                logger.notice("a file of the recovery log is stored", metadata: report.metadata)
            } catch {
                logger.warning("the recovery log waits", metadata: ["error": "\(error)"])
                return
            }
        }
    }

    private func isBack() async -> Bool {
        do {
            _ = try await pool.run { try $0.execute("SELECT uuid FROM apilog.event_key LIMIT 0") }
            return true
        } catch {
            return false
        }
    }
}
