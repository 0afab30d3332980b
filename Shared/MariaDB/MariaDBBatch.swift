/// A statement whose middle is repeated for each row: a multi-row `INSERT`, or an `IN (…)`.
///
/// Each number of rows needs a prepared statement of its own. To keep those few, rows are sent in pieces whose sizes
/// are powers of two; ``query(on:padding:)`` rounds up instead, by repeating the last row.
public struct MariaDBBatch: Sendable {
    private let statements: [String]
    private let valuesPerRow: Int

    /// - Parameters:
    ///   - head: Such as `INSERT INTO mission (id, title) VALUES`.
    ///   - row: Such as `(?, ?)`; repeated with commas in between.
    ///   - tail: Such as `ON DUPLICATE KEY UPDATE title = VALUES(title)`.
    ///   - maximum: The largest piece, a power of two; its parameters must be fewer than 65,536.
    public init(head: String, row: String, tail: String = "", maximum: Int = 256) {
        valuesPerRow = row.count { $0 == "?" }
        precondition(maximum > 0 && maximum & (maximum - 1) == 0, "the largest piece is a power of two")
        precondition(valuesPerRow > 0 && valuesPerRow * maximum < 65_536, "a statement has at most 65,535 parameters")
        statements = (0...maximum.trailingZeroBitCount).map { power in
            "\(head) \(repeatElement(row, count: 1 << power).joined(separator: ", ")) \(tail)"
        }
    }

    /// Sends all rows, the largest pieces first, and returns how many rows were affected in all.
    ///
    /// - Parameter values: The rows' values one behind the other.
    @discardableResult
    public func execute(on connection: MariaDBConnection, _ values: [MariaDBValue]) throws(MariaDBError) -> Int {
        var affected = 0
        for piece in pieces(of: values) {
            affected += try connection.execute(piece.sql, values[piece.range])
        }
        return affected
    }

    /// Sends all rows in pieces like ``execute(on:_:)`` and returns what all of them return, as with `RETURNING`.
    public func query(on connection: MariaDBConnection, _ values: [MariaDBValue]) throws(MariaDBError) -> [MariaDBRow] {
        var rows: [MariaDBRow] = []
        for piece in pieces(of: values) {
            rows.append(contentsOf: try connection.query(piece.sql, values[piece.range]))
        }
        return rows
    }

    /// Like ``query(on:_:)``, but repeats the last row until the next power of two, which spares round trips; for
    /// statements to which a repeated row means nothing, such as `IN (…)`.
    public func query(
        on connection: MariaDBConnection, padding values: [MariaDBValue]
    ) throws(MariaDBError) -> [MariaDBRow] {
        try query(on: connection, padded(values))
    }

    private func padded(_ values: [MariaDBValue]) -> [MariaDBValue] {
        let rows = values.count / valuesPerRow
        let largest = 1 << (statements.count - 1)
        let rest = rows % largest
        guard rest > 1 else { return values }
        let target = 1 << (Int.bitWidth - (rest - 1).leadingZeroBitCount)
        let last = values.suffix(valuesPerRow)
        return values + repeatElement(last, count: target - rest).joined()
    }

    private func pieces(of values: [MariaDBValue]) -> [(sql: String, range: Range<Int>)] {
        precondition(values.count.isMultiple(of: valuesPerRow), "the rows are not complete")
        var pieces: [(sql: String, range: Range<Int>)] = []
        var start = 0
        while start < values.count {
            let rest = (values.count - start) / valuesPerRow
            let power = min(statements.count - 1, Int.bitWidth - 1 - rest.leadingZeroBitCount)
            let end = start + valuesPerRow << power
            pieces.append((statements[power], start..<end))
            start = end
        }
        return pieces
    }
}
