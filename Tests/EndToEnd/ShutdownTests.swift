import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// How a process ends that is told to.
    @Suite struct ShutdownTests {
        @Test func `what is in flight is finished and answered before the end`() async throws {
            try await withSuite { suite in
                try await suite.linkChats(1...1)
                try await delaySending(suite, milliseconds: 5_000)
                async let answer = send(suite)
                #expect(try await eventually { try await isSending(suite) })
                suite["telegram"].signal(SIGTERM)
                #expect(try await answer.status == 201)
                let child = try #require(suite["telegram"].child)
                #expect(await eventually { !child.isRunning })
                #expect(child.exitStatus == 0)
            }
        }

        @Test func `the development broker ends well, also where it serves other hosts`() async throws {
            let bin = try #require(TestEnvironment.executables)
            let folder = URL(fileURLWithPath: NSTemporaryDirectory())
                .appendingPathComponent("broker-\(UInt32.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let address = folder.appendingPathComponent("address")
            let child = try ChildProcess(
                "\(bin)/dev-broker",
                [
                    "--address-file", address.path, "--control-port", "\(try FreePort.any())",
                    "--listen", "127.0.0.1:\(try FreePort.any())", "--advertise", "game-broker:9092",
                ], environment: [:], log: folder.appendingPathComponent("log"))
            #expect(await eventually { FileManager.default.fileExists(atPath: address.path) })
            #expect(await child.terminate() == 0, "\(child.tail())")
        }

        @Test func `an end that takes longer than SHUTDOWN_TIMEOUT is forced, and said so`() async throws {
            let telegram = ["SHUTDOWN_TIMEOUT": "2s", "SEND_TIMEOUT": "26s", "SEND_LEASE_MARGIN": "1s"]
            try await withSuite(settings: ["telegram": telegram]) { suite in
                try await suite.linkChats(1...1)
                try await delaySending(suite, milliseconds: 25_000)
                async let lost: Void = expectNoAnswer(suite)
                #expect(try await eventually { try await isSending(suite) })
                let begin = ContinuousClock.now
                suite["telegram"].signal(SIGTERM)
                let child = try #require(suite["telegram"].child)
                #expect(await eventually(within: .seconds(15)) { !child.isRunning })
                #expect(child.exitStatus == 1)
                #expect(begin.duration(to: .now) < .seconds(15))
                #expect(suite["telegram"].tail.contains("SHUTDOWN_TIMEOUT"))
                await lost
                // The request went out and its answer was lost with the process: it is not sent again.
                _ = try await suite.http.send("DELETE", "\(suite.sandbox.url)/faults", nil)
                try suite["telegram"].start()
                try await suite["telegram"].waitUntilReady(suite.http)
                #expect(
                    try await eventually(within: .seconds(60)) {
                        try await suite.telegrams().map(\.status) == ["Uncertain"]
                    })
            }
        }

        @Test func `a second signal ends the process at once`() async throws {
            try await withSuite(settings: ["mission": ["SHUTDOWN_DRAIN": "90s", "SHUTDOWN_TIMEOUT": "120s"]]) { suite in
                let child = try #require(suite["mission"].child)
                child.signal(SIGTERM)
                #expect(
                    await eventually { (try? await suite.http.get("\(suite["mission"].url)/readyz"))?.status == 503 })
                child.signal(SIGTERM)
                #expect(await eventually(within: .seconds(30)) { !child.isRunning })
                #expect(child.exitStatus == 143)
            }
        }

        @Test func `migrate waits for a database that is away, and ends with one line when it does not come`()
            async throws
        {
            try await withSuite { suite in
                // Nobody listens on that port yet.
                let port = try FreePort.any()
                var address = try #require(URLComponents(string: TestEnvironment.postgresURL ?? ""))
                let database = try #require(address.port)
                address.port = port
                let replica = suite.copy(
                    of: "mission", port: try FreePort.any(), overriding: ["DATABASE_URL": try #require(address.string)])
                let migrate = try replica.command(["migrate"])
                #expect(await eventually { migrate.tail().contains("waiting for the database") })
                #expect(migrate.isRunning)
                let door = try openDoor(from: port, to: database, in: suite.folder)
                #expect(await eventually { !migrate.isRunning })
                #expect(migrate.exitStatus == 0)
                door.kill()
            }
        }

        /// HAProxy as a plain door to the database.
        private func openDoor(from port: Int, to database: Int, in folder: URL) throws -> ChildProcess {
            let file = folder.appendingPathComponent("door.cfg")
            try """
            defaults
                mode tcp
                timeout connect 5s
                timeout client 60s
                timeout server 60s
            listen door
                bind 127.0.0.1:\(port)
                server database 127.0.0.1:\(database)

            """.write(to: file, atomically: true, encoding: .utf8)
            return try ChildProcess(
                "/usr/sbin/haproxy", ["-db", "-f", file.path], environment: [:],
                log: folder.appendingPathComponent("door.log"))
        }

        private func expectNoAnswer(_ suite: GameSuite) async {
            await #expect(throws: (any Error).self) { try await send(suite) }
        }

        private func delaySending(_ suite: GameSuite, milliseconds: Int) async throws {
            let answer = try await suite.http.send(
                "PUT", "\(suite.sandbox.url)/faults", #"{"delayMs": \#(milliseconds)}"#)
            #expect((200..<300).contains(answer.status))
        }

        private func send(_ suite: GameSuite) async throws -> TestHTTP.Answer {
            try await suite.http.post(
                "\(suite["telegram"].url)/telegrams", #"{"key": "slow", "customerId": 1, "text": "mission 1"}"#)
        }

        /// Whether the message has been taken in, and its request to the sandbox is under way.
        private func isSending(_ suite: GameSuite) async throws -> Bool {
            try await suite.telegrams().map(\.status) == ["Queued"]
        }
    }
}
