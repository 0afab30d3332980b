import Kafka
import Redis
import RedisSettings
import ServiceRuntime

extension OrderStatistics {
    static func build(_ configuration: StatisticsConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        var redis = configuration.redis
        redis.clientName = name
        // One connection to count with, and one for everything that must not wait for it.
        let counting = RedisPool(redis, logger: context.logger("redis"))
        let other = RedisPool(redis, logger: context.logger("redis"))
        let store = RedisStatistics(
            grace: configuration.grace, windowLength: configuration.windowLength, keep: configuration.keep)
        let publisher = StatisticsPublisher(pool: other, logger: context.logger("publisher"))
        let metrics = CountingMetrics()

        context.readiness.add("redis", decides: true) {
            do {
                try await other.check()
                return .pass()
            } catch {
                return .fail("\(error)")
            }
        }
        var services: [any Service] = [
            ClosingService("Redis") {
                await counting.close()
                await other.close()
            },
            publisher,
        ]
        switch configuration.way {
        case .queue:
            let counter = QueueCounter(
                pool: counting, store: store, lease: configuration.lease, publisher: publisher, metrics: metrics,
                logger: context.logger("queue"))
            context.readiness.add("queue", decides: false) { .pass(counter.summary) }
            services.append(counter)
        case .topic(let topic, let kafka):
            let consumer = try KafkaConsumer(
                kafka.consumer(group: name, topics: [topic]), logger: context.logger("kafka"))
            context.readiness.add("consumer", decides: false) {
                consumer.status.fatalError == nil && consumer.status.gaps.isEmpty
                    ? .pass(consumer.statusSummary) : .fail(consumer.statusSummary)
            }
            services.append(
                TopicCounter(
                    consumer: consumer, pool: counting, store: store, publisher: publisher, metrics: metrics,
                    logger: context.logger("topic")))
        }
        return ServiceAssembly(
            services: services, routes: [SetAsideRoutes(pool: other)],
            preflight: { try await RedisSettings.check(other) })
    }
}
