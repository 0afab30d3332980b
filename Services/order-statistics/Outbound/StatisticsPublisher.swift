import Foundation
import Logging
import Orders
import Redis
import ServiceLifecycle
import Synchronization

/// Publishes changed windows, each as a whole, at most four times a second and branch.
final class StatisticsPublisher: Service, CustomStringConvertible {
    private static let tick: Duration = .milliseconds(20)

    private let pool: RedisPool
    private let logger: Logger
    private let pacer = Mutex(PublishPacer())

    init(pool: RedisPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    var description: String { "StatisticsPublisher" }

    func changed(_ keys: some Sequence<TumblingWindows.Key>) {
        pacer.withLock { pacer in
            for key in keys { pacer.changed(key) }
        }
    }

    func run() async throws {
        let start = ContinuousClock.now
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let due = pacer.withLock { $0.due(now: start.duration(to: .now).milliseconds) }
            if !due.isEmpty { await publish(due) }
            try? await Task.sleep(for: Self.tick)
        }
    }

    private func publish(_ keys: [TumblingWindows.Key]) async {
        do {
            try await pool.run { connection in
                let types = StatisticsType.allCases
                let reads = keys.flatMap { key in
                    types.map { RedisCommand("HGETALL", StatisticsKeys.counts(key.branchName, key.window, $0)) }
                }
                let hashes = try connection.pipeline(reads)
                var messages: [RedisCommand] = []
                for (index, key) in keys.enumerated() {
                    var counts: [String: [String: Int]] = [:]
                    for (offset, type) in types.enumerated() {
                        let fields = try hashes[index * types.count + offset].fields()
                        counts[type.rawValue] = fields.compactMapValues { Int($0) }
                    }
                    messages.append(
                        RedisCommand("PUBLISH", StatisticsKeys.channel, try StatisticsMessage.json(key, counts)))
                }
                for answer in try connection.pipeline(messages) { try answer.checked() }
            }
        } catch {
            // They change again, or are read by whoever subscribes anew.
            changed(keys)
            logger.debug("cannot publish", metadata: ["error": "\(error)"])
        }
    }
}

extension TumblingWindows.Key {
    var branchName: String { OrderCatalogue.branches[Int(branch)] }
}
