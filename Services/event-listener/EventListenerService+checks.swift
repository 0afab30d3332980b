import Kafka
import Messaging
import Postgres
import PublishingService
import ServiceRuntime

extension EventListenerService {
    static func addChecks(
        _ context: ServiceContext, pool: PostgresPool, intake: ServiceIntake, recovery: RecoveryLog,
        policy: StoreDownPolicy
    ) {
        // Events are taken as long as one of the two takes them.
        context.readiness.add("store", decides: true) {
            do {
                try await pool.check()
                return .pass()
            } catch {
                let isServed = policy == .log && recovery.hasRoom
                return isServed ? .pass("PostgreSQL is away; the recovery log takes events") : .fail("\(error)")
            }
        }
        context.readiness.add("recovery-log", decides: false) {
            let backlog = recovery.backlog
            let text = "\(backlog.events) events, \(backlog.bytes) bytes wait"
            return backlog.fault.map { .fail("\($0); \(text)") } ?? .pass(text)
        }
    }

    static func addInformation(
        _ context: ServiceContext, consumer: (service: BatchConsumer, kafka: KafkaConsumer, producer: KafkaProducer),
        index: @escaping @Sendable () -> IndexStatus
    ) {
        context.readiness.add("consumer", decides: false) { ConsumerCheck.result(consumer.kafka.status) }
        context.readiness.add("elasticsearch", decides: false) {
            let status = index()
            return status.state == .down ? .fail(status.fault ?? "down") : .pass(status.state.rawValue)
        }
    }
}
