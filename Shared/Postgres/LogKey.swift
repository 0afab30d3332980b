/// Metadata keys of this module's log lines.
enum LogKey {
    static let address = "postgres.address"
    static let error = "postgres.error"
    static let migration = "postgres.migration"
    static let role = "postgres.role"
}
