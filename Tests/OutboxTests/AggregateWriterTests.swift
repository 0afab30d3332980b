import Contracts
import Outbox
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestEnvironment.hasStores, "needs the private stores of make test"))
struct AggregateWriterTests {
    @Test func `concurrent writes are each answered with their own entity and one event`() async throws {
        let fixture = try await OutboxFixture.make("writer")
        let writer = AggregateWriter(ParcelStore(), pool: fixture.pool)
        let parcels = try await withThrowingTaskGroup(of: Parcel.self) { group in
            for index in 0..<500 {
                group.addTask {
                    let context = WriteContext()
                    return try await writer.create("p\(index)", context) { [$0.event(context)] }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(parcels.map(\.id)).count == 500)
        #expect(Set(parcels.map(\.label)) == Set((0..<500).map { "p\($0)" }))
        #expect(try await fixture.outboxCount() == 500)
        await fixture.close()
    }

    @Test func `a row that the store refuses fails alone and publishes nothing`() async throws {
        let fixture = try await OutboxFixture.make("poison")
        let writer = AggregateWriter(ParcelStore(), pool: fixture.pool)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    let context = WriteContext()
                    let label = index == 20 ? "poison" : "p\(index)"
                    return (try? await writer.create(label, context) { [$0.event(context)] }) != nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { !$0 } == 1)
        #expect(try await fixture.outboxCount() == 63)
        await fixture.close()
    }

    @Test func `a change that is refused leaves the entity and the outbox as they were`() async throws {
        let fixture = try await OutboxFixture.make("refused")
        let writer = AggregateWriter(ParcelStore(), pool: fixture.pool)
        let context = WriteContext()
        let parcel = try await writer.create("a", context) { _ in [] }
        let refusal = DomainError(.conflict, slug: "no", detail: "no")
        await #expect(throws: refusal) {
            try await writer.update(parcel.id, context) { parcel in
                parcel.label = "b"
                throw refusal
            }
        }
        await #expect(throws: DomainError.self) { try await writer.update(999, context) { _ in [] } }
        #expect(try await AggregateReader(ParcelStore(), pool: fixture.pool).find(parcel.id).label == "a")
        #expect(try await fixture.outboxCount() == 0)
        await fixture.close()
    }

    @Test func `a key gives the first outcome again and writes once`() async throws {
        let fixture = try await OutboxFixture.make("keys")
        let writer = AggregateWriter(ParcelStore(), pool: fixture.pool)
        func context(_ key: String, body: UInt8 = 1) -> WriteContext {
            WriteContext(
                idempotency: IdempotencyTicket(route: "POST /parcels", caller: "-", key: key, bodyDigest: [body]))
        }
        let first = try await writer.create("a", context("k")) { [$0.event(WriteContext())] }
        let again = try await writer.create("a", context("k")) { [$0.event(WriteContext())] }
        #expect(first == again)
        #expect(try await fixture.outboxCount() == 1)
        await #expect { try await writer.create("b", context("k", body: 2)) { _ in [] } } throws: {
            ($0 as? DomainError)?.slug == "idempotency-key-reused"
        }
        // A refusal is remembered like a success, even when the same request would now pass.
        let refusal = DomainError(.conflict, slug: "no", detail: "no")
        await #expect(throws: refusal) { try await writer.update(first.id, context("r")) { _ in throw refusal } }
        await #expect(throws: refusal) { try await writer.update(first.id, context("r")) { _ in [] } }
        // What may pass later is not.
        let busy = DomainError(.unavailable, slug: "busy", detail: "busy")
        await #expect(throws: busy) { try await writer.update(first.id, context("b")) { _ in throw busy } }
        _ = try await writer.update(first.id, context("b")) { _ in [] }
        await fixture.close()
    }

    @Test func `of many requests with one key at the same moment one writes`() async throws {
        let fixture = try await OutboxFixture.make("race")
        let writers = (0..<2).map { _ in AggregateWriter(ParcelStore(), pool: fixture.pool) }
        let ids = await withTaskGroup(of: Int64?.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let ticket = IdempotencyTicket(route: "POST /parcels", caller: "-", key: "one", bodyDigest: [1])
                    return try? await writers[index % 2].create("a", WriteContext(idempotency: ticket)) {
                        [$0.event(WriteContext())]
                    }.id
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ids.compactMap { $0 }).count == 1)
        #expect(try await fixture.outboxCount() == 1)
        await fixture.close()
    }
}
