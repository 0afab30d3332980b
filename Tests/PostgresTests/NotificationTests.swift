import Foundation
import Testing

@testable import Postgres

extension PostgresTests {
    struct NotificationTests {
        @Test func `a notification that came with an earlier answer is found at once`() throws {
            try TestServer.withConnection { connection in
                try connection.execute("LISTEN outbox")
                try connection.execute("NOTIFY outbox")
                try connection.execute("SELECT 1")
                let begin = ContinuousClock.now
                #expect(try connection.waitForNotification(timeout: .seconds(120)))
                #expect(ContinuousClock.now - begin < .seconds(60))
                #expect(try !connection.waitForNotification(timeout: .zero), "it is told once")
            }
        }

        @Test func `a waiting session wakes within milliseconds of the commit`() async throws {
            try await TestServer.withDatabase { configuration in
                let session = try PostgresSession(configuration, logger: TestServer.logger)
                let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
                try await session.run { _ = try $0.execute("LISTEN outbox") }
                var (latencies, controls): ([Duration], [Duration]) = ([], [])
                for _ in 0..<20 {
                    async let woken = session.run { connection in
                        let isNotified = try connection.waitForNotification(timeout: .seconds(60))
                        return (isNotified, ContinuousClock.now)
                    }
                    // Long enough for the session to be waiting, mostly; too short is no error.
                    try await Task.sleep(for: .milliseconds(2))
                    try await pool.run { _ = try $0.execute("NOTIFY outbox") }
                    let sent = ContinuousClock.now
                    let (isNotified, moment) = try await woken
                    #expect(isNotified)
                    latencies.append(moment - sent)
                    let asked = ContinuousClock.now
                    try await session.run { _ = try $0.execute("SELECT 1") }
                    controls.append(asked.duration(to: .now))
                }
                latencies.sort()
                controls.sort()
                // What else the machine does slows some of them, and what it slows it slows alike.
                #expect(latencies[5] < .milliseconds(20) + controls[10] * 4, "a quarter of \(latencies)")
                await session.close()
                await pool.close()
            }
        }

        @Test func `a signal wakes listeners after the commit, in this process and in others`() async throws {
            try await TestServer.withDatabase { configuration in
                // Made anew from the same address, as by another process: it shares nothing with the first.
                var elsewhere = try TestServer.configuration()
                elsewhere.database = configuration.database
                for other in [configuration, elsewhere] {
                    let session = try PostgresSession(configuration, logger: TestServer.logger)
                    try await session.run { try $0.listen("parcels") }
                    let pool = PostgresPool(other, connections: 1, logger: TestServer.logger)
                    async let wait: Void = session.run { connection in
                        let begin = ContinuousClock.now
                        _ = try connection.waitForNotification(timeout: .seconds(120))
                        #expect(ContinuousClock.now - begin < .seconds(60))
                    }
                    try await pool.run { connection in
                        try connection.transaction { connection in connection.signal("parcels") }
                    }
                    try await wait
                    // What is rolled back tells nobody.
                    await #expect(throws: CancellationError.self) {
                        try await pool.run { connection in
                            try connection.transaction { connection in
                                connection.signal("parcels")
                                throw CancellationError()
                            }
                        }
                    }
                    #expect(try await session.run { try $0.waitForNotification(timeout: .milliseconds(50)) } == false)
                    await session.close()
                    await pool.close()
                }
            }
        }

        @Test func `signals with a payload are told once each, after the commit, also in this process`() async throws {
            try await TestServer.withDatabase { configuration in
                let session = try PostgresSession(configuration, logger: TestServer.logger)
                let pool = PostgresPool(configuration, connections: 1, logger: TestServer.logger)
                try await session.run { try $0.script("LISTEN parcels; LISTEN letters") }
                try await pool.run { connection in
                    try connection.transaction { connection in
                        for payload in ["m:1,2", "it's", "m:1,2"] { connection.signal("parcels", payload: payload) }
                        connection.signal("letters")
                        #expect(connection.pendingSignals.count == 3, "nothing is said before the commit")
                    }
                }
                var heard: Set<PostgresNotification> = []
                while heard.count < 3 {
                    let news = try await session.run { try $0.waitForNotifications(timeout: .seconds(60)) }
                    guard !news.isEmpty else { break }
                    heard.formUnion(news)
                }
                #expect(
                    heard == [
                        PostgresNotification(channel: "parcels", payload: "m:1,2"),
                        PostgresNotification(channel: "parcels", payload: "it's"),
                        PostgresNotification(channel: "letters", payload: ""),
                    ])
                await session.close()
                await pool.close()
            }
        }

        @Test func `a wait ends when it is interrupted, also if that came first`() async throws {
            try await TestServer.withDatabase { configuration in
                let session = try PostgresSession(configuration, logger: TestServer.logger)
                try await session.run { _ = try $0.execute("LISTEN outbox") }
                let begin = ContinuousClock.now
                async let first = session.run { try $0.waitForNotification(timeout: .seconds(120)) }
                try await Task.sleep(for: .milliseconds(20))
                session.interrupt()
                #expect(try await first == false)
                session.interrupt()
                #expect(try await session.run { try $0.waitForNotification(timeout: .seconds(120)) } == false)
                #expect(ContinuousClock.now - begin < .seconds(60))
                async let last = session.run { try $0.waitForNotification(timeout: .seconds(120)) }
                try await Task.sleep(for: .milliseconds(20))
                await session.close()
                #expect(try await last == false)
                #expect(ContinuousClock.now - begin < .seconds(60))
            }
        }

        @Test func `a wait ends by itself, and with an error when the session is ended`() async throws {
            try await TestServer.withDatabase { configuration in
                let session = try PostgresSession(configuration, logger: TestServer.logger)
                let first = try await session.run { connection throws in
                    #expect(try !connection.waitForNotification(timeout: .milliseconds(20)))
                    return connection.id
                }
                async let failure = postgresError {
                    try await session.run { try $0.waitForNotification(timeout: .seconds(30)) }
                }
                try await Task.sleep(for: .milliseconds(20))
                try TestServer.terminateSessions(of: configuration.database)
                let error = await failure
                #expect(error?.sqlState == "57P01")
                #expect(error?.isConnectionLost == true)
                let second = try await session.run { $0.id }
                #expect(first != second, "whoever held a lock can see that it is gone")
                await session.close()
            }
        }
    }
}
