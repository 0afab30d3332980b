import HTTPClient
import Kafka
import Messaging
import Postgres
import ServiceRuntime

extension EventListenerService {
    /// What brings the stored events to the search index, if there is one.
    static func follower(
        _ configuration: EventListenerConfiguration, _ context: ServiceContext
    ) throws -> (index: IndexFollower, client: ClosingService)? {
        guard let settings = configuration.elasticsearch else {
            context.logger("elasticsearch").info("ELASTICSEARCH_URL is not set: events are stored in PostgreSQL alone")
            return nil
        }
        var database = configuration.database.service
        // Longer than one bulk request with its pause; a replica that stands still loses the lock after it.
        database.idleSessionTimeout = settings.timeout + .seconds(15)
        let client = HTTPClient(
            maxConnections: 2, maxConnectionsPerHost: 2, queueLimit: 8, userAgent: "game-event-listener",
            logger: context.logger("http"))
        let follower = IndexFollower(
            session: try PostgresSession(database, logger: context.logger("postgres")),
            index: ElasticsearchIndex(settings: settings, client: client), logger: context.logger("elasticsearch"))
        return (follower, ClosingService("HTTPClient") { await client.close() })
    }

    /// What brings the suite's own events from Kafka.
    static func consumer(
        _ configuration: EventListenerConfiguration, _ intake: ServiceIntake, _ context: ServiceContext
    ) throws -> (service: BatchConsumer, kafka: KafkaConsumer, producer: KafkaProducer) {
        let group = "game-\(name)"
        let producer = try KafkaProducer(configuration.kafka.client, logger: context.logger("kafka"))
        let kafka = try KafkaConsumer(
            configuration.kafka.consumer(group: group, topics: DomainEvents.topics), logger: context.logger("kafka"))
        let service = BatchConsumer(
            consumer: kafka, handler: DomainEvents(intake: intake),
            deadLetters: DeadLetterQueue(producer: producer, consumer: group, logger: context.logger("dlq")),
            logger: context.logger("consumer"))
        return (service, kafka, producer)
    }
}
