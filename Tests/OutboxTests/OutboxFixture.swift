import Contracts
import Kafka
import KafkaDevBroker
import Logging
import Messaging
import Outbox
import Postgres
import Synchronization
import TestSupport

/// A database with the messaging tables and a small entity, and a broker.
struct OutboxFixture {
    let url: String
    let pool: PostgresPool
    let broker: DevBroker
    let kafka: KafkaConfiguration

    static func make(_ name: String) async throws -> OutboxFixture {
        let url = try await TestDatabase.postgres(name)
        let pool = PostgresPool(try PostgresConfiguration(url: url), connections: 3, logger: TestDatabase.quiet)
        try await pool.run { connection in
            _ = try PostgresMigrator(files: OutboxSchema.migrations).run(on: connection, logger: TestDatabase.quiet)
            try connection.script(
                """
                CREATE SEQUENCE parcels_id;
                CREATE TABLE parcels (
                    id bigint PRIMARY KEY, version bigint NOT NULL, label text NOT NULL CHECK (label <> 'poison'))
                """)
        }
        let broker = try DevBroker()
        try broker.createTopic("game.mission")
        let kafka = try KafkaConfiguration(
            brokers: broker.bootstrap, clientID: "test", properties: ["fetch.wait.max.ms": "5"])
        return OutboxFixture(url: url, pool: pool, broker: broker, kafka: kafka)
    }

    func relay(_ producer: KafkaProducer, status: OutboxRelayStatus = OutboxRelayStatus()) throws -> OutboxRelay {
        let configuration = OutboxRelayConfiguration(source: "/test")
        return OutboxRelay(
            session: try PostgresSession(
                configuration.session(try PostgresConfiguration(url: url)), logger: TestDatabase.quiet),
            producer: producer, configuration: configuration, status: status, logger: TestDatabase.quiet)
    }

    /// Everything on a topic, in the order of each partition.
    func messages(_ topic: String) async throws -> [KafkaMessage] {
        try await KafkaReader.readAll(kafka, topic: topic)
    }

    func outboxCount() async throws -> Int64 {
        try await pool.run { try $0.query("SELECT count(*) FROM outbox")[0].int64(0) }
    }

    func close() async {
        await pool.close()
        broker.close()
    }
}

/// The smallest entity: it has a label.
struct Parcel: AggregateRoot, Hashable {
    let id: Int64
    var version: Int64
    var label: String

    func event(_ context: WriteContext) -> NewEvent {
        NewEvent(
            MissionEventType.created,
            MissionData(id: id, version: version, customerId: id % 7 + 1, title: label, status: .created), in: context)
    }
}

struct ParcelStore: AggregateStore {
    static let table = "parcels"
    static let columns = "id, version, label"

    func entity(_ row: PostgresRow) throws -> Parcel {
        Parcel(id: try row.int64(0), version: try row.int64(1), label: try row.string(2))
    }

    func insert(_ labels: [String], on connection: PostgresConnection) throws -> [Result<Parcel, DomainError>] {
        try labels.map { label in
            let row = try connection.query(
                "INSERT INTO parcels SELECT nextval('parcels_id'), 1, $1 RETURNING id, version, label", [.text(label)])
            return .success(try entity(row[0]))
        }
    }

    func save(_ parcels: [Parcel], on connection: PostgresConnection) throws {
        for parcel in parcels {
            try connection.execute(
                "UPDATE parcels SET version = $2, label = $3 WHERE id = $1",
                [.int8(parcel.id), .int8(parcel.version), .text(parcel.label)])
        }
    }

    func notFound(_ id: Int64) -> DomainError {
        DomainError(.notFound, slug: "parcel-not-found", detail: "There is no parcel \(id).")
    }
}
