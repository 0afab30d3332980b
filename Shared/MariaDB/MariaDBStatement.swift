import CMariaDB

/// The one owner of a `MYSQL_STMT`: prepared in `init`, freed in ``close()`` or at the latest in `deinit`.
///
/// Lives on its connection's thread.
final class MariaDBStatement {
    private var pointer: UnsafeMutablePointer<MYSQL_STMT>?
    private let parameters: MariaDBParameters
    /// Made after the first execution: only then is it certain which columns come, and of which type.
    private var columns: MariaDBColumns?
    /// For the connection's least-recently-used bookkeeping.
    var lastUse: UInt64 = 0

    init(_ sql: String, on connection: MariaDBHandle) throws(MariaDBError) {
        guard let mysql = connection.pointer else { throw .closed }
        guard let pointer = mysql_stmt_init(mysql) else { throw connection.lastError(.query) }
        var sql = sql
        guard sql.withUTF8({ mysql_stmt_prepare(pointer, $0.baseAddress, UInt($0.count)) }) == 0 else {
            let error = Self.lastError(pointer)
            mysql_stmt_close(pointer)
            throw error
        }
        self.pointer = pointer
        parameters = MariaDBParameters(count: Int(mysql_stmt_param_count(pointer)))
    }

    deinit { close() }

    /// May be called twice; after the connection's end it frees memory only.
    func close() {
        guard let pointer else { return }
        self.pointer = nil
        mysql_stmt_close(pointer)
    }

    /// Executes, reads every row and leaves the connection free for the next statement.
    ///
    /// - Returns: The rows, and how many rows were affected. An `ON DUPLICATE KEY UPDATE` counts 1 for a row that it
    ///   inserted, 2 for one that it changed and 0 for one that was already so.
    func execute(_ values: some Collection<MariaDBValue>) throws(MariaDBError) -> (rows: MariaDBRows, affected: Int) {
        guard let pointer else { throw .closed }
        try parameters.fill(values)
        guard parameters.count == 0 || mysql_stmt_bind_param(pointer, parameters.binds) == 0,
            mysql_stmt_execute(pointer) == 0
        else { throw Self.lastError(pointer) }
        guard mysql_stmt_field_count(pointer) > 0 else {
            return (MariaDBRows(columns: 0), Int(truncatingIfNeeded: mysql_stmt_affected_rows(pointer)))
        }
        let columns = columns(for: pointer)
        var rows = MariaDBRows(columns: columns.count)
        do {
            try fetch(pointer, columns, into: &rows)
        } catch {
            mysql_stmt_free_result(pointer)
            throw error
        }
        mysql_stmt_free_result(pointer)
        return (rows, rows.count)
    }

    /// The columns of the last execution; new ones if the table has changed since the one before.
    private func columns(for pointer: UnsafeMutablePointer<MYSQL_STMT>) -> MariaDBColumns {
        if let columns, columns.fit(pointer) { return columns }
        let columns = MariaDBColumns(of: pointer)
        self.columns = columns
        return columns
    }

    private func fetch(
        _ pointer: UnsafeMutablePointer<MYSQL_STMT>, _ columns: MariaDBColumns, into rows: inout MariaDBRows
    ) throws(MariaDBError) {
        while true {
            guard columns.bind(to: pointer) else { throw Self.lastError(pointer) }
            switch mysql_stmt_fetch(pointer) {
            case 0, MYSQL_DATA_TRUNCATED: try columns.append(to: &rows.cells, from: pointer)
            case MYSQL_NO_DATA: return
            default: throw Self.lastError(pointer)
            }
        }
    }

    static func lastError(_ pointer: UnsafeMutablePointer<MYSQL_STMT>) -> MariaDBError {
        MariaDBError(
            .query, errno: mysql_stmt_errno(pointer), sqlState: String(cString: mysql_stmt_sqlstate(pointer)),
            message: String(cString: mysql_stmt_error(pointer))
        )
    }
}
