import CPostgres

/// Owns one result and frees it once.
final class ResultHandle {
    private let pointer: OpaquePointer
    let rowCount: Int
    let columnCount: Int

    /// Takes ownership of `pointer`.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        rowCount = Int(PQntuples(pointer))
        columnCount = Int(PQnfields(pointer))
    }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    /// The statement's tag, such as `COMMIT` or `INSERT 0 1`.
    var tag: String { String(cString: PQcmdStatus(pointer)) }
    /// Rows that the statement inserted, changed, deleted or selected.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }
    var error: PostgresError { PostgresError(result: pointer) }

    func type(of column: Int) -> Oid { PQftype(pointer, Int32(column)) }
    func name(of column: Int) -> String { PQfname(pointer, Int32(column)).map { String(cString: $0) } ?? "?" }

    /// Hands the bytes of one value to `body`, `nil` for `NULL`; they are valid until it returns.
    func withValue<Value>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer?) throws -> Value
    ) rethrows -> Value {
        try withExtendedLifetime(self) {
            let (row, column) = (Int32(row), Int32(column))
            let length = Int(PQgetlength(pointer, row, column))
            if length == 0, PQgetisnull(pointer, row, column) == 1 { return try body(nil) }
            return try body(UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: length))
        }
    }
}
