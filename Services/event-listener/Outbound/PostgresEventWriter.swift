import Contracts
import Foundation
import Postgres
import Synchronization

/// Writes batches with binary `COPY`: the events, and keys where they need them, in one request and one transaction.
///
/// - A batch that meets a uuid of an earlier one is written again, without the events that are there already.
/// - A batch that PostgreSQL refuses for its data is halved until the culprit is alone; that one is set aside.
struct PostgresEventWriter: EventWriter {
    /// What to write with, or why there is nothing.
    let connection: Result<PostgresConnection, any Error>
    /// Whether events may have been stored before: a replay, or a batch whose commit got no answer.
    var isReplay = false
    /// What the batches of this writer's service are like.
    var habit = BatchHabit()

    func prepare() {
        guard !habit.needsKeys.load(ordering: .relaxed), let connection = try? connection.get() else { return }
        // What is wrong with it the batch will meet and tell.
        try? connection.openCopy(EventRows.events([]))
    }

    func putAway() { try? connection.get().closeCopy() }

    func write(_ events: [Event]) throws -> [Outcome] {
        let connection = try connection.get()
        habit.needsKeys.store(events.contains { !$0.isSelfDated }, ordering: .relaxed)
        return try write(events[...], on: connection)
    }

    private func write(_ events: ArraySlice<Event>, on connection: PostgresConnection) throws -> [Outcome] {
        do {
            if try isReplay || hasRepost(events, on: connection) {
                return try writeChecked(events, on: connection)
            }
            try connection.copy(EventRows.all(events))
            return Array(repeating: .stored, count: events.count)
        } catch let error as PostgresError where error.isRepeat {
            return try writeChecked(events, on: connection)
        } catch let error as PostgresError where error.isMissingPartition {
            try makePartitions(for: events, on: connection)
            return try writeChecked(events, on: connection)
        } catch let error as PostgresError where error.isFaultOfData {
            return try halve(events, error, on: connection)
        }
    }

    /// Whether a client gives a uuid that it got from here: the key table would not know it.
    private func hasRepost(_ events: ArraySlice<Event>, on connection: PostgresConnection) throws -> Bool {
        let suspects = events.filter { EventID.isOwn($0.uuid) && !$0.isSelfDated }.map(\.uuid)
        return try !EventKeys.storedWithoutKey(suspects, on: connection).isEmpty
    }

    /// Writes those events whose uuid is new.
    private func writeChecked(_ events: ArraySlice<Event>, on connection: PostgresConnection) throws -> [Outcome] {
        var attempt = 1
        while true {
            do {
                return try connection.transaction { connection in
                    let outcomes = try EventKeys.admit(events, on: connection)
                    let fresh = zip(events, outcomes).filter { $1 == .fresh }.map(\.0)
                    if !fresh.isEmpty { try connection.copy([EventRows.events(fresh[...])]) }
                    return outcomes.map { $0 == .repeated ? .duplicate : .stored }
                }
            } catch let error as PostgresError where error.isCollision && attempt < 5 {
                // Another replica writes the same uuids in another order.
                attempt += 1
            } catch let error as PostgresError where error.isMissingPartition && attempt < 5 {
                attempt += 1
                try makePartitions(for: events, on: connection)
            } catch let error as PostgresError where error.isFaultOfData {
                return try halve(events, error, on: connection)
            }
        }
    }

    private func halve(
        _ events: ArraySlice<Event>, _ error: PostgresError, on connection: PostgresConnection
    ) throws -> [Outcome] {
        guard events.count > 1 else {
            return try events.map { try setAside($0, error, on: connection) }
        }
        let middle = events.startIndex + events.count / 2
        return try write(events[..<middle], on: connection) + write(events[middle...], on: connection)
    }

    private func setAside(
        _ event: Event, _ error: PostgresError, on connection: PostgresConnection
    ) throws -> Outcome {
        let state = error.sqlState ?? "?"
        var writer = EventJSON()
        writer.write(event)
        try connection.execute(
            "INSERT INTO apilog.rejected_event (uuid, reason, event) VALUES ($1, $2, $3)",
            [.uuid(event.uuid), .text(error.debugDescription), .json(writer.bytes)])
        return .rejected(
            Rejection(
                type: "store-refused-\(state)",
                detail: "The store refused the event (SQLSTATE \(state)\(error.constraint.map { ", \($0)" } ?? ""))."))
    }

    private func makePartitions(for events: ArraySlice<Event>, on connection: PostgresConnection) throws {
        let times = events.map(\.receivedAt)
        guard let first = times.min(), let last = times.max() else { return }
        _ = try connection.query(
            "SELECT apilog.make_partitions(($1 AT TIME ZONE 'UTC')::date, ($2 AT TIME ZONE 'UTC')::date)",
            [.timestamp(first), .timestamp(last)])
    }
}

/// What the last batch was like; the next one is likely to be like it.
final class BatchHabit: Sendable {
    /// Whether it brought keys with it.
    let needsKeys = Atomic(false)
}

extension PostgresError {
    /// A uuid was stored before, or another replica is just storing it.
    fileprivate var isRepeat: Bool { sqlState == "23505" || isCollision }
    fileprivate var isCollision: Bool { sqlState == "40P01" || sqlState == "40001" }
    /// There is no partition for the day: PostgreSQL reports it as a violated check without a name.
    var isMissingPartition: Bool { sqlState == "23514" && constraint == nil }
    /// Data exceptions, violated constraints and program limits (JSON that is nested too deeply): what the event itself
    /// is guilty of.
    fileprivate var isFaultOfData: Bool {
        guard let sqlState, !isConnectionLost else { return false }
        return ["22", "23", "54"].contains(sqlState.prefix(2)) && !isMissingPartition
    }
}
