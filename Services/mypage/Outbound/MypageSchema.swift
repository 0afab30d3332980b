import Logging
import MariaDB

/// The schema: what is migrated once, and what is made for each generation.
enum MypageSchema {
    static let migrator = MariaDBMigrator(files: [
        ("001-generations.sql", String(decoding: PackageResources._01_generations_sql, as: UTF8.self))
    ])

    /// The tables of one generation, with a placeholder for its number.
    static let generation = String(decoding: PackageResources.generation_sql, as: UTF8.self)

    /// Brings the database up to date; makes the first generation if there is none.
    static func migrate(_ connection: MariaDBConnection, logger: Logger) throws(MariaDBError) {
        try migrator.run(on: connection, logger: logger)
        try connection.withLock("mypage_generations", patience: .seconds(60)) { () throws(MariaDBError) in
            try MypageProcedures.install(on: connection)
            guard try connection.query("SELECT active FROM mypage_generation").isEmpty else { return }
            try MariaDBGenerationStore.create(.first, .live, on: connection)
            try connection.execute(
                "INSERT INTO mypage_generation (active) VALUES (?)", [.int8(Int64(Generation.first.number))])
        }
    }

    /// Why the database cannot be used yet, or `nil`.
    static func fault(on connection: MariaDBConnection) throws(MariaDBError) -> String? {
        let pending = try migrator.pending(on: connection)
        guard pending.isEmpty else { return "not migrated: \(pending.joined(separator: ", "))" }
        return try connection.query("SELECT active FROM mypage_generation").isEmpty ? "no generation yet" : nil
    }
}
