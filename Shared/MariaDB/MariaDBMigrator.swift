import Logging

/// Applies numbered SQL files once each, one migrator at a time however many processes start together.
///
/// MariaDB commits implicitly at every DDL statement, so a file that fails half-way stays half-applied: write files
/// that can be run again (`CREATE TABLE IF NOT EXISTS`).
public struct MariaDBMigrator: Sendable {
    private let files: [(name: String, sql: String)]
    private let patience: Duration

    /// - Parameter patience: How long another migrator is waited for.
    public init(files: [(name: String, sql: String)], patience: Duration = .seconds(60)) {
        self.files = files.sorted { $0.name < $1.name }
        self.patience = patience
    }

    /// Applies what is missing and returns its names. Where nothing is missing it changes nothing and needs no right to.
    ///
    /// - Throws: ``MariaDBError`` with code `migration` if an applied file has changed since.
    @discardableResult
    public func run(on connection: MariaDBConnection, logger: Logger) throws(MariaDBError) -> [String] {
        if try pending(on: connection).isEmpty { return [] }
        try connection.script(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              name VARCHAR(255) NOT NULL PRIMARY KEY,
              checksum CHAR(64) NOT NULL,
              applied_at DATETIME(3) NOT NULL DEFAULT UTC_TIMESTAMP(3)
            ) ENGINE = InnoDB
            """)
        return try connection.withLock("schema_migrations", patience: patience) { () throws(MariaDBError) in
            var applied: [String] = []
            for file in try missing(on: connection) {
                try connection.script(file.sql)
                try connection.execute(
                    "INSERT INTO schema_migrations (name, checksum) VALUES (?, SHA2(?, 256))",
                    [.text(file.name), .text(file.sql)])
                logger.info("migration applied", metadata: ["migration.name": "\(file.name)"])
                applied.append(file.name)
            }
            return applied
        }
    }

    /// Names of the files that have not been applied.
    public func pending(on connection: MariaDBConnection) throws(MariaDBError) -> [String] {
        do {
            return try missing(on: connection).map(\.name)
        } catch  where error.isMissingTable {
            return files.map(\.name)
        }
    }

    private func missing(on connection: MariaDBConnection) throws(MariaDBError) -> [(name: String, sql: String)] {
        var missing: [(name: String, sql: String)] = []
        for file in files {
            let row = try connection.query(
                "SELECT checksum = SHA2(?, 256) FROM schema_migrations WHERE name = ?",
                [.text(file.sql), .text(file.name)]
            ).first
            guard let row else {
                missing.append(file)
                continue
            }
            guard try row.bool(0) else {
                throw MariaDBError(.migration, summary: "the applied migration \(file.name) has been changed since")
            }
        }
        return missing
    }
}
