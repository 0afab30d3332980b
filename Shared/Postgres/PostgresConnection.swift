import CPostgres
import Synchronization

/// One connection to PostgreSQL. Its calls block, so it lives on a thread of its own and is not `Sendable`.
///
/// A connection that was lost stays so: ``isAlive`` is false, every call throws an error whose `isConnectionLost`
/// is true, and a new one must be made (``PostgresPool`` and ``PostgresSession`` do).
public final class PostgresConnection {
    private static let made = Atomic<UInt64>(0)

    /// Different for each connection that this process has made: what a session held is gone when it changes.
    public let id: UInt64
    /// Ends ``waitForNotification(timeout:wakeup:)`` when no other is given.
    var wakeup: PostgresWakeup?
    /// How long to wait for an answer; beyond it the connection counts as lost.
    var answerTimeout: Duration?
    let handle: ConnectionHandle
    private let parameters = ParameterBuffer()
    private var statements = StatementCache()
    /// The statement error that made the present transaction fail.
    var lastFailure: PostgresError?
    /// The error that ended the connection.
    private var loss: PostgresError?
    let signals: PostgresSignals
    /// Channels to be told once the open transaction has committed.
    var pendingSignals: Set<PostgresNotification> = []

    /// The ``openCopy(_:)`` that waits for its rows.
    var openedCopy: (sql: String, commitPoint: CommitPoint)?

    /// Connects; blocks at most `connectTimeout`.
    public init(_ configuration: PostgresConfiguration) throws {
        handle = try ConnectionHandle(configuration)
        answerTimeout = configuration.answerTimeout
        id = Self.made.add(1, ordering: .relaxed).newValue
        signals = configuration.signals
    }

    deinit { signals.stop(connection: id) }

    /// False once the connection is known to be lost. Looks at what has arrived, without waiting.
    public var isAlive: Bool { loss == nil && handle.receiveWaiting() }

    /// A transaction is open, also one that has failed.
    public var isInTransaction: Bool {
        openedCopy == nil
            && [PQTRANS_INTRANS, PQTRANS_INERROR, PQTRANS_ACTIVE].contains(PQtransactionStatus(handle.pointer))
    }

    /// Runs one statement and returns its rows.
    ///
    /// It is prepared at its first use and kept (256 a connection, the least recently used goes). A statement that the
    /// server has invalidated since is prepared again once when no transaction is open; in one the error is retriable.
    public func query(_ sql: String, _ parameters: [PostgresValue] = []) throws -> PostgresRows {
        PostgresRows(result: try run(sql, parameters))
    }

    /// Runs one statement and returns how many rows it affected.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [PostgresValue] = []) throws -> Int {
        try run(sql, parameters).affectedRows
    }

    /// Runs several statements without parameters; outside a transaction all of them are one.
    public func script(_ sql: String) throws {
        try command(sql, isInTransaction ? .none : .atReadyForQuery)
    }

    /// Runs a statement without parameters and without preparing it.
    @discardableResult
    func command(_ sql: String, _ commitPoint: CommitPoint) throws -> ResultHandle {
        try beginCall()
        return try receive(commitPoint, sent: PQsendQuery(handle.pointer, sql))
    }

    private func run(_ sql: String, _ values: [PostgresValue]) throws -> ResultHandle {
        try beginCall()
        try parameters.encode(values)
        do {
            return try runPrepared(sql)
        } catch let error as PostgresError where error.isStaleStatement {
            statements.remove(sql)
            guard !isInTransaction else { throw error }
            return try runPrepared(sql)
        }
    }

    private func runPrepared(_ sql: String) throws -> ResultHandle {
        let name = try statements.name(for: sql, types: parameters.types) ?? prepare(sql)
        let commitPoint: CommitPoint = isInTransaction || sql.isSelect ? .none : .atReadyForQuery
        let sent = parameters.withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(handle.pointer, name, count, values, lengths, formats, 1)
        }
        return try receive(commitPoint, sent: sent)
    }

    private func prepare(_ sql: String) throws -> String {
        if !isInTransaction {
            // In a transaction a name that the server has forgotten would make it fail.
            for name in statements.takeAbandoned() { _ = try? command("DEALLOCATE \(name)", .none) }
            try throwIfLost()
        }
        let name = statements.nextName()
        let types = statements.types(for: sql, merging: parameters.types)
        let sent = PQsendPrepare(handle.pointer, name, sql, Int32(types.count), types)
        try receive(.none, sent: sent)
        statements.insert(name, sql: sql, types: types)
        return name
    }

    /// Receives all of a command's answer.
    ///
    /// - Returns: The last result, when all is well.
    @discardableResult
    private func receive(_ commitPoint: CommitPoint, sent: Int32) throws -> ResultHandle {
        var (last, failure): (ResultHandle?, PostgresError?)
        if sent == 1 {
            let deadline = answerTimeout.map { ContinuousClock.now + $0 }
            while true {
                guard handle.waitForResult(until: deadline) else { throw lose(commitPoint, "no answer in time") }
                guard let pointer = PQgetResult(handle.pointer) else { break }
                let result = ResultHandle(owning: pointer)
                switch result.status {
                case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: last = result
                case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH: throw refuseCopy()
                default: failure = failure ?? result.error
                }
            }
        }
        guard handle.isOpen, failure?.isConnectionLost != true else {
            let error = lose(sent == 1 ? commitPoint : .none, handle.message, cause: failure)
            if commitPoint == .atCommandComplete, let last, last.tag == "COMMIT" { return last }
            throw error
        }
        if let failure {
            lastFailure = failure
            throw failure
        }
        guard let last else { throw PostgresError(.query, "libpq did not send a statement", detail: handle.message) }
        return last
    }

    /// Marks the connection lost and returns the error to throw.
    func lose(_ commitPoint: CommitPoint, _ message: String, cause: PostgresError? = nil) -> PostgresError {
        let known = cause.flatMap { $0.isConnectionLost ? $0 : nil }
        var error = known ?? .connectionLost(sqlState: handle.notices.fatalState, message: message)
        if error.sqlState == nil, let state = handle.notices.fatalState {
            error = .connectionLost(sqlState: state, message: message)
        }
        loss = loss ?? error
        signals.stop(connection: id)
        error.isCommitAmbiguous = commitPoint != .none
        return error
    }

    /// A `COPY` is for ``copy(_:)``: here there is nobody to send its rows, and the connection cannot be used on.
    private func refuseCopy() -> PostgresError {
        _ = lose(.none, "COPY")
        return PostgresError(.query, "COPY has a call of its own")
    }

    /// What every call begins with.
    func beginCall() throws {
        try throwIfLost()
        try closeCopy()
    }

    /// Throws what ended the connection, if it has ended.
    func throwIfLost() throws {
        if let loss { throw loss }
    }
}

extension String {
    /// Reads only, as far as the first word tells.
    fileprivate var isSelect: Bool {
        let word = utf8.drop { $0 == 32 || $0 == 10 }.prefix(6)
        return word.elementsEqual("SELECT".utf8) || word.elementsEqual("select".utf8)
    }
}
