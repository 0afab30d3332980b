import TestSupport
import Testing

@testable import Postgres

extension PostgresTests {
    struct MigratorTests {
        private static let files = [
            (name: "002-more.sql", sql: "ALTER TABLE t ADD b text; INSERT INTO t VALUES (1, 'x');"),
            (name: "001-first.sql", sql: "CREATE TABLE t (a int);"),
        ]

        @Test func `files are applied in order, once`() throws {
            try TestServer.withConnection { connection throws in
                let migrator = PostgresMigrator(files: Self.files)
                let names = ["001-first.sql", "002-more.sql"]
                #expect(try migrator.pending(on: connection) == names)
                #expect(try migrator.run(on: connection, logger: TestServer.logger) == names)
                #expect(try migrator.pending(on: connection) == [])
                #expect(try migrator.run(on: connection, logger: TestServer.logger) == [])
                #expect(try connection.query("SELECT a FROM t").count == 1)
                let more = PostgresMigrator(files: Self.files + [("003-last.sql", "CREATE TABLE u ()")])
                #expect(try more.run(on: connection, logger: TestServer.logger) == ["003-last.sql"])
                #expect(try connection.query("SHOW statement_timeout")[0].string(0) == "15s")
            }
        }

        @Test func `a file that was changed after it had been applied is refused`() throws {
            try TestServer.withConnection { connection in
                _ = try PostgresMigrator(files: Self.files).run(on: connection, logger: TestServer.logger)
                let changed = PostgresMigrator(files: [("001-first.sql", "CREATE TABLE t (a bigint);")])
                let error = postgresError { try changed.run(on: connection, logger: TestServer.logger) }
                #expect(error?.code == .migration)
                #expect(error?.description == "migration 001-first.sql was changed after it had been applied")
                #expect(postgresError { try changed.pending(on: connection) }?.code == .migration)
            }
        }

        @Test func `a file that fails leaves nothing of itself, and the ones before it in place`() throws {
            try TestServer.withConnection { connection throws in
                let broken = PostgresMigrator(files: Self.files + [("003.sql", "CREATE TABLE u (); SELEC 1;")])
                let error = postgresError { try broken.run(on: connection, logger: TestServer.logger) }
                #expect(error?.code == .migration)
                #expect(error?.sqlState == "42601")
                #expect(error?.description.hasPrefix("migration 003.sql failed") == true)
                #expect(try broken.pending(on: connection) == ["003.sql"])
                #expect(try connection.query("SELECT to_regclass('u') IS NULL")[0].bool(0))
            }
        }

        @Test func `of several at once each waits for the others and every file is applied once`() async throws {
            try await TestServer.withDatabase { configuration in
                let slow = (name: "000-slow.sql", sql: "SELECT pg_sleep(0.2);")
                let migrator = PostgresMigrator(files: Self.files + [slow])
                let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
                            let names = try await pool.run { try migrator.run(on: $0, logger: TestServer.logger) }
                            await pool.close()
                            return names
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(applied == ["000-slow.sql", "001-first.sql", "002-more.sql"])
            }
        }

        @Test func `the service's user reads and writes rows, also of later tables, and alters nothing`() async throws {
            let database = try await ServiceDatabase.postgres("grants")
            let owner = try PostgresConnection(PostgresConfiguration(url: database.ownerURL))
            let user = try PostgresConfiguration(url: database.url).user
            func migrate(_ files: [(name: String, sql: String)], _ role: String?) throws -> [String] {
                try PostgresMigrator(files: files).run(on: owner, serviceRole: role, logger: TestServer.logger)
            }
            let unknown = postgresError { try migrate(Self.files, "nobody_knows") }
            #expect(unknown?.code == .migration && unknown?.description.contains("\"nobody_knows\"") == true)
            // Applied before the user was to be let in.
            #expect(try migrate([], user) == [])
            #expect(try ServiceRole(name: user).admit(on: owner) == 0)
            let service = try PostgresConnection(PostgresConfiguration(url: database.url))
            #expect(try service.query("SELECT a FROM t").count == 1)
            let later = (
                name: "003-later.sql",
                sql: "CREATE TABLE u (id bigint GENERATED ALWAYS AS IDENTITY); CREATE SEQUENCE s;"
            )
            #expect(try migrate([later], user) == ["003-later.sql"])
            // Made by nobody's migration: what the owner makes is covered at once.
            try owner.script("CREATE TABLE w (a int)")
            for sql in [
                "INSERT INTO u DEFAULT VALUES", "SELECT nextval('s')", "INSERT INTO w VALUES (1)", "UPDATE w SET a = 2",
                "DELETE FROM t", "SELECT * FROM schema_migrations",
            ] { try service.script(sql) }
            for sql in [
                "CREATE TABLE x ()", "DROP TABLE w", "TRUNCATE w", "ALTER TABLE t ADD c int",
                "DELETE FROM schema_migrations",
            ] {
                #expect(postgresError { try service.script(sql) }?.sqlState == "42501", "\(sql)")
            }
            let (mayService, mayOwner) = (try service.mayAlterSchema(), try owner.mayAlterSchema())
            #expect(!mayService && mayOwner)
            let all = PostgresMigrator(files: Self.files + [later])
            #expect(try all.run(on: service, logger: TestServer.logger) == [])
            let more = PostgresMigrator(files: Self.files + [later, ("004.sql", "CREATE TABLE y ()")])
            let error = postgresError { try more.run(on: service, logger: TestServer.logger) }
            #expect(error?.code == .migration && error?.description.contains("MIGRATION_DATABASE_URL") == true)
        }
    }
}
