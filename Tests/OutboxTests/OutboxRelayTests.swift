import Contracts
import Kafka
import Outbox
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@Suite(.enabled(if: TestEnvironment.hasStores, "needs the private stores of make test"))
struct OutboxRelayTests {
    @Test func `what commits is published once and in order, what rolls back never`() async throws {
        let fixture = try await OutboxFixture.make("relay")
        try await withRelay(fixture) {
            let pool = fixture.pool
            for version in Int64(1)...200 {
                let parcel = Parcel(id: 1, version: version, label: "v\(version)")
                try await pool.transaction { try OutboxTable.insert([parcel.event(WriteContext())], on: $0) }
                await #expect(throws: RolledBack.self) {
                    try await pool.transaction { connection in
                        try OutboxTable.insert([parcel.event(WriteContext())], on: connection)
                        throw RolledBack()
                    }
                }
            }
            #expect(try await eventually { try await fixture.outboxCount() == 0 })
        }
        let messages = try await fixture.messages("game.mission")
        let versions = try messages.map { try JSON.decode(MissionData.self, from: $0.value ?? []).version }
        #expect(versions == Array(1...200))
        await fixture.close()
    }

    @Test func `a transaction that commits late is not passed over`() async throws {
        let fixture = try await OutboxFixture.make("late")
        try await withRelay(fixture) {
            // The early one takes its number first and commits last.
            let early = try PostgresConnection(try PostgresConfiguration(url: fixture.url))
            try early.script("BEGIN")
            try OutboxTable.insert([Parcel(id: 1, version: 1, label: "early").event(WriteContext())], on: early)
            try await fixture.pool.transaction {
                try OutboxTable.insert([Parcel(id: 2, version: 1, label: "late").event(WriteContext())], on: $0)
            }
            #expect(try await eventually { try await fixture.messages("game.mission").count == 1 })
            try early.script("COMMIT")
            #expect(try await eventually { try await fixture.messages("game.mission").count == 2 })
        }
        await fixture.close()
    }

    @Test func `while the broker is down rows wait, and then all of them come in order`() async throws {
        let fixture = try await OutboxFixture.make("down")
        try await withRelay(fixture) {
            try fixture.broker.setDown(true)
            for version in Int64(1)...50 {
                let parcel = Parcel(id: 1, version: version, label: "v")
                try await fixture.pool.transaction { try OutboxTable.insert([parcel.event(WriteContext())], on: $0) }
            }
            #expect(try await fixture.outboxCount() == 50)
            try fixture.broker.setDown(false)
            #expect(try await eventually { try await fixture.outboxCount() == 0 })
        }
        let versions = try await fixture.messages("game.mission").map {
            try JSON.decode(MissionData.self, from: $0.value ?? []).version
        }
        #expect(versions == Array(1...50))
        await fixture.close()
    }

    @Test func `one relay is active, and another takes over when its session ends`() async throws {
        let fixture = try await OutboxFixture.make("takeover")
        let statuses = [OutboxRelayStatus(), OutboxRelayStatus()]
        let producers = try statuses.map { _ in try KafkaProducer(fixture.kafka, logger: TestDatabase.quiet) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (status, producer) in zip(statuses, producers) {
                let relay = try fixture.relay(producer, status: status)
                group.addTask { try await relay.run() }
            }
            #expect(await eventually { statuses.contains(where: \.isActive) })
            #expect(statuses.count { $0.isActive } == 1)
            // The active one's session is cut off, as when its host is gone.
            try await fixture.pool.run {
                try $0.script(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                    WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()
                        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """)
            }
            let event = Parcel(id: 1, version: 1, label: "after").event(WriteContext())
            try await fixture.pool.transaction { try OutboxTable.insert([event], on: $0) }
            #expect(try await eventually { try await fixture.outboxCount() == 0 })
            #expect(await eventually { statuses.count { $0.isActive } == 1 })
            group.cancelAll()
        }
        for producer in producers { await producer.close(timeout: .seconds(2)) }
        await fixture.close()
    }

    @Test func `an event that the broker refuses for good holds up its own entity only`() async throws {
        let fixture = try await OutboxFixture.make("refused")
        // The client refuses what is larger than this, as a broker would.
        let small = try KafkaConfiguration(
            brokers: fixture.broker.bootstrap, clientID: "test", properties: ["message.max.bytes": "2000"])
        try await withRelay(fixture, small) {
            try await fixture.pool.transaction { connection in
                let huge = Parcel(id: 1, version: 1, label: String(repeating: "x", count: 4000))
                try OutboxTable.insert([huge.event(WriteContext())], on: connection)
            }
            for version in Int64(2)...20 {
                let events = [Int64(1), 2].map { Parcel(id: $0, version: version, label: "v").event(WriteContext()) }
                // After the refusal: what follows it must find its entity held.
                try await fixture.pool.transaction { try OutboxTable.insert(events, on: $0) }
            }
            #expect(try await eventually { try await fixture.messages("game.mission").count { $0.isOf(2) } == 19 })
            // Those of entity 2 and no others have left.
            #expect(try await eventually { try await fixture.outboxCount() == 20 })
        }
        #expect(try await fixture.messages("game.mission").allSatisfy { $0.isOf(2) })
        await fixture.close()
    }

    @Test func `events of an aggregate that this release does not know stay and stop nobody`() async throws {
        let fixture = try await OutboxFixture.make("unknown")
        try await withRelay(fixture) {
            let known = Parcel(id: 1, version: 1, label: "v").event(WriteContext())
            try await fixture.pool.transaction { connection in
                try OutboxTable.insert([known], on: connection)
                try connection.script("UPDATE outbox SET aggregatetype = 'badge'")
                try OutboxTable.insert([Parcel(id: 2, version: 1, label: "v").event(WriteContext())], on: connection)
            }
            #expect(try await eventually { try await fixture.outboxCount() == 1 })
        }
        #expect(try await fixture.messages("game.mission").map { $0.isOf(2) } == [true])
        await fixture.close()
    }

    private struct RolledBack: Error {}

    private func withRelay(
        _ fixture: OutboxFixture, _ kafka: KafkaConfiguration? = nil, _ body: () async throws -> Void
    ) async throws {
        let producer = try KafkaProducer(kafka ?? fixture.kafka, logger: TestDatabase.quiet)
        let relay = try fixture.relay(producer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await relay.run() }
            try await body()
            group.cancelAll()
        }
        await producer.close(timeout: .seconds(2))
    }
}

extension KafkaMessage {
    /// Whether it tells of the entity with this id.
    fileprivate func isOf(_ id: Int64) -> Bool {
        (try? JSON.decode(MissionData.self, from: value ?? []))?.id == id
    }
}
