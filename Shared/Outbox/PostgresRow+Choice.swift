import Postgres

extension PostgresRow {
    /// A text column that holds one of an enumeration's names.
    public func choice<Choice: RawRepresentable>(_ column: Int) throws -> Choice where Choice.RawValue == String {
        let name = try string(column)
        guard let choice = Choice(rawValue: name) else {
            throw PostgresError(.decoding, "column \(column) holds a name that is not one of \(Choice.self)'s")
        }
        return choice
    }
}
