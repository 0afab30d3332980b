import Kafka
import Messaging
import ServiceLifecycle
import Synchronization

/// Runs one consumer for each live generation, and ends it when its generation is dropped.
struct GenerationConsumers: Service, CustomStringConvertible {
    /// Makes the consumer that feeds a generation.
    typealias Make = @Sendable (Generation) throws -> (kafka: KafkaConsumer, consumer: BatchConsumer)

    private let active: ActiveGeneration
    private let interval: Duration
    private let make: Make
    private let running = Running()

    init(active: ActiveGeneration, interval: Duration = .milliseconds(200), make: @escaping Make) {
        self.active = active
        self.interval = interval
        self.make = make
    }

    var description: String { "GenerationConsumers" }

    /// What each consumer knew of itself lately.
    var statuses: [Generation: KafkaConsumerStatus] { running.consumers.mapValues(\.status) }

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            var started: Set<Generation> = []
            while !Task.isShuttingDownGracefully, !Task.isCancelled, !group.isCancelled {
                for generation in active.live where started.insert(generation).inserted {
                    group.addTask { try await feed(generation) }
                }
                try? await Task.sleep(for: interval)
            }
        }
    }

    private func feed(_ generation: Generation) async throws {
        let (kafka, consumer) = try make(generation)
        running.add(generation, kafka)
        defer { running.remove(generation) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            group.addTask {
                while active.live.contains(generation), !Task.isCancelled { try? await Task.sleep(for: interval) }
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private final class Running: Sendable {
        private let state = Mutex<[Generation: KafkaConsumer]>([:])
        var consumers: [Generation: KafkaConsumer] { state.withLock { $0 } }
        func add(_ generation: Generation, _ consumer: KafkaConsumer) { state.withLock { $0[generation] = consumer } }
        func remove(_ generation: Generation) { state.withLock { $0[generation] = nil } }
    }
}
