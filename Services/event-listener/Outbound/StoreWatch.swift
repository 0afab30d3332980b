import Foundation
import Logging
import Metrics
import Postgres
import Resilience
import ServiceLifecycle

/// Looks whether a store that was away is back, and brings what waits in the recovery log to it.
struct StoreWatch<Receipt: Sendable>: Service, CustomStringConvertible {
    let intake: EventIntake<Receipt>
    let log: RecoveryLog
    /// Not the writer's own connection, so that neither waits for the other.
    let pool: PostgresPool
    var interval: Duration = .milliseconds(200)
    /// Between attempts at a store that answers, but does not take what it is given.
    var backoff = Backoff(base: .milliseconds(500), limit: .seconds(10))
    let logger: Logger

    var description: String { "StoreWatch" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pace = RetryPace(backoff: backoff)
            while !Task.isCancelled {
                await look(&pace)
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func look(_ pace: inout RetryPace) async {
        if intake.isAway, pace.isDue(.now), await isBack() {
            // Batches may be refused all the same; then the next attempt comes later than this one.
            pace.tried(.now)
            logger.notice("the store takes events again")
            intake.storeIsBack()
        }
        if log.backlog.fault != nil || intake.status.held > 0 {
            intake.store.performWithoutStore { [intake, log] in
                log.probe()
                intake.retryHeld()
            }
        }
        guard !intake.isAway, pace.isDue(.now) else { return }
        while !Task.isCancelled, !intake.isAway, let file = log.oldest() {
            do {
                let report = try await RecoveryReplay(pool: pool, logger: logger).replay(file)
                try log.remove(file)
                logger.notice("a file of the recovery log is stored", metadata: report.metadata)
            } catch {
                logger.warning("the recovery log waits", metadata: ["error": "\(error)"])
                pace.tried(.now)
                return
            }
        }
    }

    /// Whether the store takes an event: one is written and rolled back. That it answers is not enough: a disk that is
    /// full, a standby and a missing privilege let readers in.
    private func isBack() async -> Bool {
        // With a uuid that needs a key, so that both tables are tried.
        let event = Event(uuid: UUID(), type: "probe", action: "probe", version: "1")
        do {
            try await pool.run { connection in
                try connection.transaction { connection in
                    try connection.copy(EventRows.all([event]))
                    throw ProbeIsDone()
                }
            }
            return true
        } catch {
            // A day without a partition gets one from the writer.
            return error is ProbeIsDone || (error as? PostgresError)?.isMissingPartition ?? false
        }
    }
}

/// Rolls the probe back.
private struct ProbeIsDone: Error {}
