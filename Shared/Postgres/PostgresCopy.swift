/// The rows of one `COPY … FROM STDIN`, see ``PostgresConnection/copy(_:)``.
public struct PostgresCopy {
    let sql: String
    let columns: Int16
    let write: (PostgresCopyWriter) throws -> Void

    /// - Parameters:
    ///   - table: As it stands in SQL, quoted where necessary; never from outside.
    ///   - columns: Those that ``PostgresCopyWriter`` gets for each row, in their order.
    ///   - write: Writes the rows. What it throws ends the copy: none of the rows is stored.
    public init(into table: String, columns: [String], write: @escaping (PostgresCopyWriter) throws -> Void) {
        sql = "COPY \(table) (\(columns.joined(separator: ", "))) FROM STDIN (FORMAT binary)"
        self.columns = Int16(clamping: columns.count)
        self.write = write
    }

    init(sql: String, columns: Int16, write: @escaping (PostgresCopyWriter) throws -> Void) {
        (self.sql, self.columns, self.write) = (sql, columns, write)
    }
}
