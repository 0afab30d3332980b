/// The rows of a result, which stay in libpq's memory until the last row is released.
///
/// Belongs to the thread of its connection; map what leaves it to values of your own.
public struct PostgresRows: RandomAccessCollection {
    let result: ResultHandle

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rowCount }

    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < result.rowCount, "row \(position) of \(result.rowCount)")
        return PostgresRow(result: result, row: position)
    }

    /// Rows that the statement inserted, changed, deleted or selected.
    public var affectedRows: Int { result.affectedRows }
}
