import CMariaDB
import Glibc

/// One connection to MariaDB; its calls block. It belongs to the thread that made it.
///
/// Statements are prepared once by their SQL text and kept, at most ``statementLimit`` of them. A connection that was
/// lost stays lost: make another, and what it needs is prepared again.
public final class MariaDBConnection {
    /// How many prepared statements are kept; the least recently used one goes first.
    public static let statementLimit = 256

    private let handle: MariaDBHandle
    private var statements: [String: MariaDBStatement] = [:]
    private var uses: UInt64 = 0
    /// Whether a transaction was begun by ``transaction(_:)`` and is not over.
    public private(set) var isInTransaction = false
    private var isLost = false

    /// Connects; blocks for at most `connectTimeout` and a few answers.
    public init(_ configuration: MariaDBConfiguration) throws(MariaDBError) {
        mysql_thread_init()
        handle = try MariaDBHandle(configuration)
    }

    deinit { handle.close() }

    /// Whether the connection can be used, as far as can be told without asking the server: a server that ended the
    /// session has closed the socket or left its reason there.
    public var isAlive: Bool {
        guard !isLost, handle.descriptor >= 0 else { return false }
        var socket = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&socket, 1, 0) == 0
    }

    /// Runs a statement and returns all of its rows.
    public func query(_ sql: String, _ parameters: some Collection<MariaDBValue> = []) throws(MariaDBError)
        -> MariaDBRows
    {
        try run(sql, parameters).rows
    }

    /// Runs a statement and returns how many rows it affected: changed ones, not found ones. An
    /// `ON DUPLICATE KEY UPDATE` counts 1 for each inserted row and 2 for each changed one.
    @discardableResult
    public func execute(_ sql: String, _ parameters: some Collection<MariaDBValue> = []) throws(MariaDBError) -> Int {
        try run(sql, parameters).affected
    }

    /// Runs any number of statements that are separated by semicolons, without parameters, such as a migration.
    public func script(_ sql: String) throws(MariaDBError) {
        try guarded { () throws(MariaDBError) in
            try handle.withSeveralStatements { () throws(MariaDBError) in try handle.run(sql) }
        }
    }

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// - Throws: What `body` throws; ``MariaDBError`` with `isCommitAmbiguous` if the connection was lost while the
    ///   commit was under way.
    public func transaction<Value>(_ body: (MariaDBConnection) throws -> Value) throws -> Value {
        precondition(!isInTransaction, "transactions do not nest")
        try guarded { () throws(MariaDBError) in _ = try handle.run("START TRANSACTION") }
        isInTransaction = true
        defer { isInTransaction = false }
        let value: Value
        do {
            value = try body(self)
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return value
    }

    private func commit() throws(MariaDBError) {
        do {
            try guarded { () throws(MariaDBError) in _ = try handle.run("COMMIT") }
        } catch {
            var error = error
            error.isCommitAmbiguous = error.isConnectionLost
            if !isLost { rollBack() }
            throw error
        }
    }

    private func rollBack() {
        guard !isLost else { return }
        do {
            try guarded { () throws(MariaDBError) in _ = try handle.run("ROLLBACK") }
        } catch {
            // What cannot be rolled back must not be used again; the server rolls back when the session ends.
            lose()
        }
    }

    private func run(
        _ sql: String, _ parameters: some Collection<MariaDBValue>
    ) throws(MariaDBError) -> (rows: MariaDBRows, affected: Int) {
        do {
            return try guarded { () throws(MariaDBError) in try prepared(sql).execute(parameters) }
        } catch {
            if MariaDBErrorNumber.isStatementStale(error.errno), let stale = statements.removeValue(forKey: sql) {
                handle.release(stale)
            }
            throw error
        }
    }

    private func prepared(_ sql: String) throws(MariaDBError) -> MariaDBStatement {
        uses += 1
        if let statement = statements[sql] {
            statement.lastUse = uses
            return statement
        }
        if statements.count >= Self.statementLimit,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            statements[oldest.key] = nil
            handle.release(oldest.value)
        }
        let statement = try MariaDBStatement(sql, on: handle)
        statement.lastUse = uses
        handle.adopt(statement)
        statements[sql] = statement
        return statement
    }

    private func guarded<Value>(_ body: () throws(MariaDBError) -> Value) throws(MariaDBError) -> Value {
        guard !isLost else { throw .closed }
        do {
            return try body()
        } catch {
            if error.isConnectionLost { lose() }
            throw error
        }
    }

    private func lose() {
        isLost = true
        statements = [:]
        handle.close()
    }
}
