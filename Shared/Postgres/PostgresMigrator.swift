import Logging

/// Brings a database's schema up to date: numbered files, each applied once in a transaction of its own.
///
/// An advisory lock admits one migrator at a time; the others wait and then find nothing left to do. What was applied
/// is in the table `schema_migrations` with its SHA-256: a file that was changed afterwards is an error.
public struct PostgresMigrator: Sendable {
    /// The same in every version of the program.
    private static let lock: Int64 = 0x6761_6D65_6D69_6772
    private static let lockTimeout = "60s"

    private let files: [(name: String, sql: String)]

    /// The files are applied in the order of their names.
    public init(files: [(name: String, sql: String)]) {
        self.files = files.sorted { $0.name < $1.name }
    }

    /// Applies what is missing; blocks. Where nothing is missing it changes nothing and needs no right to.
    ///
    /// - Parameter serviceRole: The user of the service, when that is another than the connection's: it is given what
    ///   it needs to read and write rows, and no more.
    /// - Returns: The names of the files that were applied, in order.
    /// - Throws: ``PostgresError``; code `migration` where a file is at fault, or the connection's user may not do it.
    public func run(
        on connection: PostgresConnection, serviceRole: String? = nil, logger: Logger
    ) throws -> [String] {
        do {
            if serviceRole == nil, try pending(on: connection).isEmpty { return [] }
            return try apply(on: connection, serviceRole: serviceRole.map(ServiceRole.init), logger: logger)
        } catch let error as PostgresError where error.isNotAllowed {
            throw PostgresError(
                .migration, "the schema is not this user's to alter: MIGRATION_DATABASE_URL is to name its owner",
                detail: error.debugDescription, sqlState: error.sqlState)
        }
    }

    private func apply(on connection: PostgresConnection, serviceRole: ServiceRole?, logger: Logger) throws -> [String]
    {
        let answerTimeout = connection.answerTimeout
        connection.answerTimeout = nil
        defer { connection.answerTimeout = answerTimeout }
        try connection.script("SET statement_timeout = 0; SET lock_timeout = '\(Self.lockTimeout)'")
        defer { _ = try? connection.script("RESET statement_timeout; RESET lock_timeout") }
        _ = try connection.query("SELECT pg_advisory_lock($1)", [.int8(Self.lock)])
        defer { _ = try? connection.query("SELECT pg_advisory_unlock($1)", [.int8(Self.lock)]) }
        try connection.script(
            """
            SET client_min_messages = warning;
            CREATE TABLE IF NOT EXISTS schema_migrations (
                name text PRIMARY KEY,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            RESET client_min_messages
            """)
        let names = try pending(on: connection)
        for file in files where names.contains(file.name) {
            try apply(file, on: connection)
            logger.info("migration applied", metadata: [LogKey.migration: "\(file.name)"])
        }
        if let serviceRole, try serviceRole.admit(on: connection) > 0 {
            logger.info("the service's user may read and write rows", metadata: [LogKey.role: "\(serviceRole.name)"])
        }
        return names
    }

    /// The names of the files that were not applied yet; changes nothing.
    ///
    /// - Throws: ``PostgresError`` with code `migration` when a file was changed after it had been applied.
    public func pending(on connection: PostgresConnection) throws -> [String] {
        let exists = try connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")[0].bool(0)
        guard exists else { return files.map(\.name) }
        let rows = try connection.query(
            """
            SELECT given.name, applied.checksum = encode(sha256(given.content), 'hex')
            FROM unnest($1::text[], $2::bytea[]) AS given (name, content)
            LEFT JOIN schema_migrations applied ON applied.name = given.name
            ORDER BY given.name COLLATE "C"
            """,
            [.textArray(files.map(\.name)), .bytesArray(files.map { Array($0.sql.utf8) })])
        return try rows.compactMap { row in
            let name = try row.string(0)
            guard let isSame = try row.boolOrNil(1) else { return name }
            guard isSame else {
                throw PostgresError(.migration, "migration \(name) was changed after it had been applied")
            }
            return nil
        }
    }

    private func apply(_ file: (name: String, sql: String), on connection: PostgresConnection) throws {
        do {
            try connection.transaction { connection in
                try connection.script(file.sql)
                try connection.execute(
                    "INSERT INTO schema_migrations (name, checksum) VALUES ($1, encode(sha256($2), 'hex'))",
                    [.text(file.name), .bytes(Array(file.sql.utf8))])
            }
        } catch let error as PostgresError where !error.isConnectionLost {
            throw PostgresError(
                .migration, "migration \(file.name) failed: \(error)", detail: error.debugDescription,
                sqlState: error.sqlState, constraint: error.constraint)
        }
    }
}
