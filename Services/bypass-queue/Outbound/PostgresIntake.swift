import Contracts
import Outbox
import Postgres
import WorkerThreads

/// Takes messages in: concurrent ones share a statement, or a transaction where one does not do, and each sender is answered
/// after its commit.
final class PostgresIntake: MessageIntake {
    private let coalescer: Coalescer<PostgresConnection, IncomingMessage, Receipt>

    /// - Parameters:
    ///   - lease: This replica as an owner.
    ///   - desk: Gets the messages of its groups once they are committed.
    init(pool: PostgresPool, defaults: GroupDefaults, groupLimit: Int, lease: Lease, desk: LaneDesk) {
        let known = KnownGroups()
        coalescer = Coalescer(
            maxBatch: 256, queueLimit: 4_096, awaitsCohort: true, perform: { pool.perform($0) },
            run: { connection, messages in
                let owner = lease.owner
                let express = ExpressIntake(connection: connection, owner: owner, groupLimit: groupLimit, known: known)
                let first = Self.run(messages, on: connection) { messages in
                    let (receipts, handover) = try express.run(messages)
                    handover.give(to: desk, owner: owner)
                    return receipts.map { .success($0) }
                }
                let left = zip(messages, first).filter { if case .success(nil) = $1 { true } else { false } }.map(\.0)
                let batch = IntakeBatch(
                    connection: connection, defaults: defaults, owner: owner, room: owner == nil ? 0 : desk.room,
                    groupLimit: groupLimit, known: known)
                var second = Self.run(left, on: connection) { messages in
                    let (results, handover) = try batch.run(messages)
                    handover.give(to: desk, owner: owner)
                    return results
                }[...]
                return first.map { result in
                    switch result {
                    case .success(let receipt?): .success(receipt)
                    case .success(nil): second.removeFirst()
                    case .failure(let error): .failure(error)
                    }
                }
            })
    }

    func accept(_ messages: [(IncomingMessage, Completion)]) {
        coalescer.submit(
            messages.map { message, completion in
                (message, { @Sendable result in completion(result.mapError(Self.refusal)) })
            })
    }

    private static func refusal(_ error: any Error) -> any Error {
        switch error {
        case let error as PostgresError where error.isRetriable: DomainError.storeUnavailable
        case is CoalescerError, is WorkerThreadsError: DomainError.storeBusy
        default: error
        }
    }

    /// Runs a batch, again after a deadlock; a batch that the store refuses is halved until the bad message is alone.
    private static func run<Answer>(
        _ messages: [IncomingMessage], on connection: PostgresConnection,
        _ body: ([IncomingMessage]) throws -> [Result<Answer, any Error>]
    ) -> [Result<Answer, any Error>] {
        guard !messages.isEmpty else { return [] }
        var attempt = 0
        while true {
            attempt += 1
            do {
                return try body(messages)
            } catch let error as PostgresError where error.isRetriable && !error.isConnectionLost && attempt < 5 {
                continue
            } catch let error as PostgresError where error.code == .query && !error.isRetriable && messages.count > 1 {
                let middle = messages.count / 2
                return run(Array(messages[..<middle]), on: connection, body)
                    + run(Array(messages[middle...]), on: connection, body)
            } catch {
                return messages.map { _ in .failure(error) }
            }
        }
    }
}

extension IntakeHandover {
    fileprivate func give(to desk: LaneDesk, owner: Int64?) {
        if let owner { desk.add(claims, owner: owner) }
        for (group, messages) in messages { desk.accepted(messages, group: group) }
    }
}
