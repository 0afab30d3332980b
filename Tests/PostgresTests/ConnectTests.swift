import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct ConnectTests {
        /// The test server's URL with other parts.
        private static func url(user: String? = nil, password: String? = nil, port: Int? = nil, database: String? = nil)
            throws -> String
        {
            var parts = try #require(URLComponents(string: TestServer.url ?? ""))
            if let user { parts.user = user }
            if let password { parts.password = password }
            if let port { parts.port = port }
            if let database { parts.path = "/" + database }
            return try #require(parts.string)
        }

        @Test func `a wrong password is told with user and address, and is not worth another try`() async throws {
            let url = try Self.url(user: "nobody_of_that_name", password: "hush")
            let configuration = try PostgresConfiguration(url: url)
            let pool = PostgresPool(configuration, logger: TestServer.logger)
            let error = await postgresError { try await pool.check() }
            #expect(error?.sqlState == "28P01")
            #expect(error?.isRetriable == false)
            #expect(
                error?.description
                    == "PostgreSQL at \(configuration.address) refused user \"nobody_of_that_name\": "
                    + "wrong user or password")
            #expect(error?.debugDescription.contains("hush") == false)
            #expect(await pool.ping() == false)
            await pool.close()
        }

        @Test func `a missing database is told with its address`() throws {
            let configuration = try PostgresConfiguration(url: Self.url(database: "no_such_database"))
            let error = postgresError { try PostgresConnection(configuration) }
            #expect(error?.sqlState == "3D000")
            #expect(error?.isRetriable == false)
            #expect(error?.description == "PostgreSQL at \(configuration.address): the database does not exist")
        }

        @Test func `a port where nobody listens refuses at once, and may be tried again`() throws {
            let configuration = try PostgresConfiguration(url: Self.url(port: 1))
            let error = postgresError { try PostgresConnection(configuration) }
            #expect(error?.sqlState == nil)
            #expect(error?.isRetriable == true)
            #expect(error?.isConnectionLost == true)
            #expect(
                error?.description == "PostgreSQL at \(configuration.address) cannot be reached: Connection refused")
        }

        @Test func `nobody waits longer than the time-out for a server that is silent`() async throws {
            let server = try SilentServer()
            var configuration = try PostgresConfiguration(url: "postgres://u:p@127.0.0.1:\(server.port)/d")
            configuration.connectTimeout = .milliseconds(200)
            let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
            let begin = ContinuousClock.now
            let refused = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let error = await postgresError { try await pool.check() }
                        return error?.isConnectionLost == true && error?.isRetriable == true
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 100)
            #expect(ContinuousClock.now - begin < .seconds(10), "one after the other it would be twenty")
            await pool.close()
            withExtendedLifetime(server) {}
        }

        @Test func `failed connections leave no descriptors behind`() throws {
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            let configuration = try PostgresConfiguration(url: Self.url(database: "no_such_database"))
            let before = try descriptors()
            for _ in 0..<40 { _ = postgresError { try PostgresConnection(configuration) } }
            #expect(try descriptors() < before + 20)
        }
    }
}
