import DequeModule
import Logging
import Resilience

/// Moves lines from one channel to its sink or sink group, for as long as it takes.
struct SinkRunner: Sendable {
    let name: String
    let channel: any Channel
    let sink: any Sink
    let batchLines: Int
    let logger: Logger
    var backoff = Backoff(base: .milliseconds(50), limit: .seconds(2))

    /// Runs until the task is cancelled; a delivery that has begun is then given up, and comes again after a restart.
    func run() async throws {
        var attempt = 0
        while !Task.isCancelled {
            do {
                return try await deliver(&attempt)
            } catch {
                await channel.rollback()
                if Task.isCancelled { return }
                attempt += 1
                if attempt == 1 || attempt.isMultiple(of: 30) {
                    logger.warning(
                        "cannot deliver; lines wait in the channel",
                        metadata: ["sink": "\(name)", "error": "\(error)"])
                }
                try await Task.sleep(for: backoff.pause(afterAttempt: attempt))
            }
        }
    }

    /// Delivers until the task is cancelled. As many batches are on their way as the sink allows; they are committed in
    /// their order, so that what is committed is always a beginning of what was taken.
    private func deliver(_ attempt: inout Int) async throws {
        var underWay: Deque<Delivery> = []
        do {
            while true {
                while underWay.count < sink.maxInFlight,
                    let batch = try await channel.take(maxLines: batchLines, waits: underWay.isEmpty)
                {
                    underWay.append(try await sink.begin(batch))
                }
                guard let oldest = underWay.popFirst() else { return }
                try await oldest.finish()
                try await channel.commit()
                if attempt > 0 { logger.info("delivering again", metadata: ["sink": "\(name)"]) }
                attempt = 0
            }
        } catch {
            // All of them are sent once more: before that, it is known what became of each.
            for delivery in underWay { try? await delivery.finish() }
            throw error
        }
    }
}
