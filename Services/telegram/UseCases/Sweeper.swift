import Logging
import Metrics
import ServiceLifecycle

/// Makes uncertain what a stopped or dead process has claimed, and measures the queue.
struct Sweeper: Service, CustomStringConvertible {
    /// Counting a long queue costs milliseconds.
    private static let measureInterval: Duration = .seconds(5)

    let queue: any SendQueue
    let desk: SendDesk
    let interval: Duration
    let logger: Logger

    var description: String { "Sweeper" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var nextMeasure = ContinuousClock.now
            while !Task.isCancelled {
                await sweep()
                if .now >= nextMeasure {
                    nextMeasure = .now + Self.measureInterval
                    if let depth = try? await queue.depth() { Gauge(label: "telegram_queue_depth").record(depth) }
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func sweep() async {
        do {
            let count = try await queue.sweep(except: desk.held)
            if count > 0 {
                logger.warning("Messages became uncertain", metadata: [LogKey.count: "\(count)"])
                desk.ring()
            }
        } catch {
            logger.debug("Sweeping failed; it is tried again", metadata: ["error": "\(error)"])
        }
    }
}
