import Contracts
import Foundation
import Postgres
import Resilience

/// One batch of writes on one connection.
struct AggregateBatch<Store: AggregateStore> {
    typealias Entity = Store.Entity
    typealias Request = AggregateWriter<Store>.Request

    /// What is remembered under an idempotency key.
    private enum Outcome: Codable {
        case done(Entity)
        case refused(DomainError)
    }

    /// How often a transaction is repeated that the server ended for a reason that passes.
    private static var attempts: Int { 4 }

    let store: Store
    let connection: PostgresConnection

    func run(_ requests: [Request]) -> [Result<Entity, any Error>] {
        do {
            return try transaction(requests)
        } catch let error as PostgresError where error.failureKind != .permanent || requests.count == 1 {
            return requests.map { _ in .failure(error) }
        } catch  where requests.count == 1 {
            return [.failure(error)]
        } catch {
            let middle = requests.count / 2
            return run(Array(requests[..<middle])) + run(Array(requests[middle...]))
        }
    }

    private func transaction(_ requests: [Request]) throws -> [Result<Entity, any Error>] {
        for attempt in 1... {
            do {
                return try connection.transaction { _ in try write(requests) }
            } catch let error as PostgresError
                where error.isRetriable && !error.isConnectionLost && attempt < Self.attempts
            {
                Thread.sleep(forTimeInterval: Double.random(in: 0.001...0.005) * Double(attempt))
            }
        }
        return []
    }

    private func write(_ requests: [Request]) throws -> [Result<Entity, any Error>] {
        let admissions = try IdempotencyTable.admit(requests.map(\.ticket), on: connection)
        var results = [Result<Entity, any Error>?](repeating: nil, count: requests.count)
        var events: [NewEvent] = []
        var open: [Int] = []
        for (index, admission) in admissions.enumerated() {
            switch admission {
            case .proceed: open.append(index)
            case .replay(let outcome): results[index] = try replayed(outcome)
            case .refuse(let error): results[index] = .failure(error)
            }
        }
        try create(requests, open, &results, &events)
        try update(requests, open, &results, &events)
        for index in open {
            if case .refuse(let error) = requests[index].command { results[index] = .failure(error) }
        }
        try OutboxTable.insert(events, on: connection)
        try remember(requests, open, results)
        return results.map { $0 ?? .failure(DomainError.storeBusy) }
    }

    private func create(
        _ requests: [Request], _ open: [Int], _ results: inout [Result<Entity, any Error>?],
        _ events: inout [NewEvent]
    ) throws {
        var creates: [(index: Int, draft: Store.Draft, events: @Sendable (Entity) -> [NewEvent])] = []
        for index in open {
            if case .create(let draft, let events) = requests[index].command { creates.append((index, draft, events)) }
        }
        guard !creates.isEmpty else { return }
        for (creation, result) in zip(creates, try store.insert(creates.map(\.draft), on: connection)) {
            results[creation.index] = result.mapError { $0 }
            if case .success(let entity) = result { events += creation.events(entity) }
        }
    }

    private func update(
        _ requests: [Request], _ open: [Int], _ results: inout [Result<Entity, any Error>?],
        _ events: inout [NewEvent]
    ) throws {
        var updates: [(index: Int, id: Int64, change: AggregateWriter<Store>.Change)] = []
        for index in open {
            if case .update(let id, let change) = requests[index].command { updates.append((index, id, change)) }
        }
        guard !updates.isEmpty else { return }
        var entities = try store.lock(updates.map(\.id), on: connection)
        var changed: Set<Int64> = []
        for (index, id, change) in updates {
            guard var entity = entities[id] else {
                results[index] = .failure(store.notFound(id))
                continue
            }
            do {
                events += try change(&entity)
                entities[id] = entity
                changed.insert(id)
                results[index] = .success(entity)
            } catch let error as DomainError {
                results[index] = .failure(error)
            }
        }
        try store.save(changed.sorted().compactMap { entities[$0] }, on: connection)
    }

    private func replayed(_ outcome: [UInt8]) throws -> Result<Entity, any Error> {
        switch try JSON.decode(Outcome.self, from: outcome) {
        case .done(let entity): .success(entity)
        case .refused(let error): .failure(error)
        }
    }

    private func remember(
        _ requests: [Request], _ open: [Int], _ results: [Result<Entity, any Error>?]
    ) throws {
        var outcomes: [(IdempotencyTicket, [UInt8])] = []
        for index in open {
            guard let ticket = requests[index].ticket else { continue }
            switch results[index] {
            case .success(let entity): outcomes.append((ticket, JSON.encode(Outcome.done(entity))))
            case .failure(let error as DomainError) where error.isLasting:
                outcomes.append((ticket, JSON.encode(Outcome.refused(error))))
            case .failure, nil: break
            }
        }
        try IdempotencyTable.store(outcomes, on: connection)
    }
}

extension DomainError {
    /// Whether the same request would be refused the same way; only such refusals are remembered.
    fileprivate var isLasting: Bool {
        switch kind {
        case .unavailable, .overloaded, .unauthenticated: false
        case .conflict: retryAfter == nil
        case .invalid, .malformed, .notFound, .tooLarge, .unsupportedMediaType, .forbidden: true
        }
    }
}
