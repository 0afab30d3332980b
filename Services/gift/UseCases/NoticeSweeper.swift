import Logging
import Metrics
import ServiceLifecycle

/// Turns notices that a dead or stopped process has left pending into events.
struct NoticeSweeper: Service, CustomStringConvertible {
    private static let batch = 500

    let repository: any GiftRepository
    let interval: Duration
    let logger: Logger

    var description: String { "NoticeSweeper" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if await !sweep() { try? await Task.sleep(for: interval) }
            }
        }
    }

    /// Returns whether there may be more.
    private func sweep() async -> Bool {
        do {
            let count = try await repository.deferForgotten(limit: Self.batch)
            guard count > 0 else { return false }
            Counter(label: "gift_notices_forgotten_total").increment(by: count)
            logger.info("Notices that were left pending go out as events", metadata: [LogKey.count: "\(count)"])
            return count == Self.batch
        } catch {
            logger.debug("Sweeping failed; it is tried again", metadata: ["error": "\(error)"])
            return false
        }
    }
}
