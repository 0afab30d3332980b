import Logging
import Metrics
import ServiceLifecycle

/// Makes uncertain what a stopped or dead process has claimed, and measures the queue.
struct Sweeper: Service, CustomStringConvertible {
    /// Counting a long queue costs milliseconds.
    private static let measureInterval: Duration = .seconds(5)

    /// After the database was away: those who hold outcomes write them down first.
    private static let grace: Duration = .seconds(5)

    let queue: any SendQueue
    let desk: SendDesk
    let interval: Duration
    let logger: Logger

    var description: String { "Sweeper" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var nextSweep = ContinuousClock.now
            var nextMeasure = nextSweep
            while !Task.isCancelled {
                if .now >= nextSweep, await !sweep() { nextSweep = .now + Self.grace }
                if .now >= nextMeasure {
                    nextMeasure = .now + Self.measureInterval
                    if let depth = try? await queue.depth() { Gauge(label: "telegram_queue_depth").record(depth) }
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    /// Returns whether the database let it.
    private func sweep() async -> Bool {
        do {
            let count = try await queue.sweep(except: desk.held)
            if count > 0 {
                logger.warning("Messages became uncertain", metadata: [LogKey.count: "\(count)"])
                desk.ring()
            }
            return true
        } catch {
            logger.debug("Sweeping failed; it is tried again", metadata: ["error": "\(error)"])
            return false
        }
    }
}
