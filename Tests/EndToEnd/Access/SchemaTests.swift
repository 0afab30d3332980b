import Foundation
import MariaDB
import Postgres
import TestSupport
import Testing

extension EndToEnd {
    /// A service serves as a user who reads and writes rows and can alter nothing; the schema has another owner.
    @Suite struct SchemaTests {
        @Test func `the services do all their work as users who cannot alter their schemas`() async throws {
            try await withSuite { suite in
                try await suite.linkChats(1...1)
                _ = try await suite.achieve(customer: 1)
                try await suite.waitForCompleteRows(1, within: .seconds(60))
                for service in GameSuite.services where service != "mypage" {
                    try await expectRefusals(try #require(suite.databases[service]), service)
                }
                try await expectRefusalsOfMariaDB(try #require(suite.databases["mypage"]))
                // Nothing is to be done, so nothing is refused.
                for service in GameSuite.services { try await suite[service].run("migrate") }
                for replica in suite.all { #expect(!replica.output.contains("may alter the schema")) }
            }
        }

        @Test func `bypass-queue delivers as a user who cannot alter its schema`() async throws {
            try await withBypass(replicas: 1) { suite in
                try await suite.post("g", "one")
                try await suite.waitForDelivery(of: 1, within: .seconds(60))
                try await expectRefusals(suite.database, "bypass-queue")
            }
        }

        @Test func `event-listener makes and drops days, and nothing else of its schema`() async throws {
            try await withListener(["RETENTION_DAYS": "30"]) { listener in
                try await expectRefusals(listener.database, "event-listener")
                // Without today's partition, and with one that is long past its time.
                try await listener.pool.run { connection in
                    try connection.script(
                        """
                        DO $$ BEGIN
                            EXECUTE 'DROP TABLE apilog.api_event_log_' || to_char(current_date, 'YYYYMMDD');
                            PERFORM apilog.make_partitions(current_date - 40, current_date - 40);
                        END $$
                        """)
                }
                let uuid = UUID()
                let answer = try await listener.http.post("\(listener.url)/events", EventListener.event(uuid))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try await listener.stored() == [uuid: 1])
                try listener.replica.killAndRestart()
                #expect(try await eventually { try await listener.days() == -1...2 })
                let service = try await refusal(
                    of: "SELECT apilog.drop_partition(current_date)", as: listener.database.url)
                #expect(service?.sqlState == "22023")
                #expect(try await listener.stored() == [uuid: 1])
            }
        }

        @Test func `without an owner migrate says whom it needs, and a service that may do too much says so`()
            async throws
        {
            try await withSuite { suite in
                let database = try await ServiceDatabase.postgres("lonely")
                func copy(_ url: String) throws -> Replica {
                    suite.copy(of: "mission", port: try FreePort.any(), overriding: ["DATABASE_URL": url])
                }
                // Who owns the schema may do without a second user.
                let owner = try copy(database.ownerURL)
                try await owner.run("migrate")
                try owner.start()
                try await owner.waitUntilReady(suite.http)
                #expect(await eventually { owner.output.contains("the user of DATABASE_URL may alter the schema") })
                owner.kill()
                // Not yet admitted by migrate, and no owner.
                let stranger = try copy(database.url)
                let migrate = try stranger.command(["migrate"])
                #expect(await eventually { !migrate.isRunning })
                #expect(migrate.exitStatus == 1)
                #expect(migrate.tail().contains("may not connect"), "\(migrate.tail())")
                let behind = try await ServiceDatabase.postgres("behind")
                try await run("GRANT CONNECT ON DATABASE \(try name(behind)) TO PUBLIC", as: behind.adminURL)
                let early = try copy(behind.url).command(["migrate"])
                #expect(await eventually { !early.isRunning })
                #expect(early.tail().contains("MIGRATION_DATABASE_URL is to name its owner"), "\(early.tail())")
                let other = try suite["mission"].copy(
                    name: "other", port: try FreePort.any(), overriding: ["MIGRATION_DATABASE_URL": behind.ownerURL]
                ).command(["migrate"])
                #expect(await eventually { !other.isRunning })
                #expect(other.tail().contains("MIGRATION_DATABASE_URL: names another database"), "\(other.tail())")
            }
        }

        private func name(_ database: ServiceDatabase) throws -> String {
            try PostgresConfiguration(url: database.url).database
        }

        private func run(_ sql: String, as url: String) async throws {
            try await PostgresPool.with(try PostgresConfiguration(url: url), logger: TestDatabase.quiet) { pool in
                try await pool.run { try $0.script(sql) }
            }
        }

        private func refusal(of sql: String, as url: String) async throws -> PostgresError? {
            do {
                try await run(sql, as: url)
                return nil
            } catch let error as PostgresError {
                return error
            }
        }

        /// Everything that alters a schema is refused to the service's user, for each of its tables.
        private func expectRefusals(_ database: ServiceDatabase, _ service: String) async throws {
            let before = try await schema(database)
            #expect(before.tables.count > 4, "\(service): \(before.tables)")
            var statements = [
                "CREATE TABLE intruder (id int)", "CREATE TEMP TABLE intruder (id int)", "CREATE SCHEMA intruder",
                "CREATE FUNCTION intruder() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE ROLE intruder",
                "DROP DATABASE postgres", "INSERT INTO schema_migrations VALUES ('x', 'y')",
                "DELETE FROM schema_migrations", "SET ROLE test_owner",
            ]
            for table in before.tables {
                statements += [
                    "ALTER TABLE \(table) ADD intruder int", "TRUNCATE \(table)", "DROP TABLE \(table)",
                    "CREATE INDEX ON \(table) ((1))", "ALTER TABLE \(table) OWNER TO test_service",
                    """
                    CREATE TRIGGER intruder BEFORE UPDATE ON \(table)
                    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
                    """,
                ]
            }
            try await PostgresPool.with(try PostgresConfiguration(url: database.url), logger: TestDatabase.quiet) {
                pool in
                for sql in statements {
                    let error = await #expect(throws: PostgresError.self, "\(service): \(sql)") {
                        try await pool.run { try $0.script(sql) }
                    }
                    #expect(error?.sqlState == "42501", "\(service): \(sql): \(String(describing: error))")
                }
                // PostgreSQL answers with no more than a warning where there is nothing that could be granted on.
                for table in before.tables {
                    try? await pool.run { try $0.script("GRANT ALL ON \(table) TO PUBLIC") }
                    try? await pool.run { try $0.script("REVOKE ALL ON \(table) FROM test_service") }
                }
            }
            let after = try await schema(database)
            #expect(after.rights == before.rights && after.tables == before.tables, "\(service)")
        }

        /// The tables, and who may do what with them.
        private func schema(_ database: ServiceDatabase) async throws -> (tables: [String], rights: [String]) {
            try await PostgresPool.with(
                try PostgresConfiguration(url: database.adminURL), logger: TestDatabase.quiet
            ) { pool in
                try await pool.run { connection in
                    let rows = try connection.query(
                        """
                        SELECT c.oid::regclass::text, coalesce(c.relacl::text, '') FROM pg_class c
                        JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'apilog') ORDER BY 1
                        """)
                    return (try rows.map { try $0.string(0) }, try rows.map { try $0.string(1) })
                }
            }
        }

        private func expectRefusalsOfMariaDB(_ database: ServiceDatabase) async throws {
            let configuration = try MariaDBConfiguration(url: database.url)
            try await MariaDBPool.with(configuration, logger: TestDatabase.quiet) { pool in
                let tables = try await pool.run { try $0.query("SHOW TABLES").map { try $0.string(0) } }
                #expect(tables.count == 7, "\(tables)")
                var statements = [
                    "CREATE TABLE intruder (id int)", "CREATE TEMPORARY TABLE intruder (id int)",
                    "CREATE DATABASE intruder", "CREATE USER intruder", "CREATE PROCEDURE intruder() SELECT 1",
                    "DROP PROCEDURE drop_generation", "DROP DATABASE \(configuration.database)",
                    "GRANT ALL ON \(configuration.database).* TO test_service@'127.0.0.1'",
                ]
                for table in tables {
                    statements += [
                        "ALTER TABLE \(table) ADD intruder int", "TRUNCATE \(table)", "DROP TABLE \(table)",
                        "CREATE INDEX intruder ON \(table) (id)", "RENAME TABLE \(table) TO intruder",
                        "GRANT SELECT ON \(table) TO test_service@'127.0.0.1'",
                    ]
                }
                for sql in statements {
                    let error = await #expect(throws: MariaDBError.self, "\(sql)") {
                        try await pool.run { try $0.script(sql) }
                    }
                    let isRefused = error.map { [1044, 1142, 1227, 1370].contains($0.errno) } ?? false
                    #expect(isRefused, "\(sql): \(String(describing: error))")
                }
                // Readers see generation 1.
                let error = await #expect(throws: MariaDBError.self) {
                    try await pool.run { try $0.script("CALL drop_generation(1)") }
                }
                #expect(error?.errno == 1644)
                #expect(try await pool.run { try $0.query("SHOW TABLES").map { try $0.string(0) } } == tables)
            }
        }
    }
}

extension EventListener {
    /// The first and the last day that has a partition, counted from today.
    fileprivate func days() async throws -> ClosedRange<Int64> {
        try await pool.run { connection in
            let row = try connection.query(
                """
                SELECT min(day - current_date)::bigint, max(day - current_date)::bigint FROM (
                    SELECT to_date(right(relname, 8), 'YYYYMMDD') AS day FROM pg_class
                    WHERE relname ~ '^api_event_log_[0-9]{8}$'
                ) days
                """)[0]
            return try row.int64(0)...row.int64(1)
        }
    }
}
