import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct BypassTests {
        @Test func `kill -9 of a random replica every second breaks no order and loses nothing`() async throws {
            // Only kills may interrupt a callback: a receiver that is slow because the machine is does not.
            try await withBypass(replicas: 3, settings: ["LEASE": "4s", "CALLBACK_TIMEOUT": "3s"]) { suite in
                try await suite.behave(#"{"maxDelayMs": 50}"#)
                let isDone = SharedFlag()
                let kills = SharedCounter()
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask {
                        defer { isDone.set() }
                        try await suite.load(groups: 50, count: 200)
                        try await suite.waitForDelivery(of: 10_000, within: .seconds(240))
                    }
                    tasks.addTask {
                        // A kill a second, and none once everything is delivered.
                        while !(await eventually(within: .seconds(1)) { isDone.isSet }) {
                            kills.increment()
                            try suite.replicas.randomElement()?.killAndRestart()
                        }
                    }
                    try await tasks.waitForAll()
                }
                let seen = try await suite.seen()
                suite.expectOrder(seen, groups: 50, count: 200)
                #expect(kills.value >= 5)
                // A kill cuts off at most what was under way: one callback a group.
                let repeats = seen.count - 10_000
                #expect(repeats <= kills.value * 50, "\(repeats) repeats after \(kills.value) kills")
                #expect(seen.allSatisfy { $0.attempt == 1 }, "nothing failed but replicas")
                try await suite.expectEvents(10_000)
            }
        }

        @Test func `a replica that is stopped longer than its lease lets nothing pass out of order`() async throws {
            let stops = TestEnvironment.isLong ? 100 : 10
            let settings = ["LEASE": "2s", "CALLBACK_TIMEOUT": "1600ms"]
            try await withBypass(replicas: 3, settings: settings) { suite in
                try await suite.behave(#"{"maxDelayMs": 4}"#)
                let isDone = SharedFlag()
                let rounds = try await withThrowingTaskGroup(of: Int.self) { tasks in
                    tasks.addTask {
                        // Load as long as replicas are stopped, so that each stop meets callbacks under way.
                        var round = 0
                        while !isDone.isSet {
                            try await suite.load(groups: 10, count: 20, prefix: "round\(round)")
                            round += 1
                        }
                        return round
                    }
                    tasks.addTask {
                        for _ in 0..<stops {
                            let replica = try #require(suite.replicas.randomElement())
                            // Callbacks go out: the stop comes after some more of them.
                            let mark = try await suite.acted() + Int.random(in: 1...100)
                            #expect(try await eventually { try await suite.acted() >= mark })
                            replica.signal(SIGSTOP)
                            try await Task.sleep(for: .milliseconds(Int.random(in: 2_300...2_800)))
                            replica.signal(SIGCONT)
                        }
                        isDone.set()
                        return 0
                    }
                    return try await tasks.reduce(0, +)
                }
                try await suite.waitForDelivery(of: rounds * 200, within: .seconds(120))
                let seen = try await suite.seen()
                for round in 0..<rounds {
                    suite.expectOrder(seen, groups: 10, count: 20, prefix: "round\(round)", mayRetry: true)
                }
                let refused = seen.filter { $0.verdict == "refused" }
                print("\(stops) stops, \(seen.count) callbacks, \(refused.count) stale ones refused")
                #expect(refused.count <= stops, "one callback a stop may be past its check: \(refused)")
            }
        }

        @Test func `a rolling restart repeats nothing and hands groups over at once`() async throws {
            try await withBypass(replicas: 3, settings: ["LEASE": "180s", "CALLBACK_TIMEOUT": "30s"]) { suite in
                try await suite.behave(#"{"maxDelayMs": 20}"#)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await suite.load(groups: 20, count: 50) }
                    tasks.addTask {
                        for (replica, delivered) in zip(suite.replicas, [100, 300, 500]) {
                            try await suite.waitForDelivery(of: delivered, within: .seconds(60))
                            #expect(await replica.terminate() == 0)
                            try replica.start()
                            try await replica.waitUntilReady(suite.http)
                        }
                    }
                    try await tasks.waitForAll()
                }
                // Far less than a lease: nobody had to wait for one to run out.
                try await suite.waitForDelivery(of: 1_000, within: .seconds(60))
                let seen = try await suite.seen()
                suite.expectOrder(seen, groups: 20, count: 50)
                #expect(seen.count == 1_000, "\(seen.count - 1_000) repeats")
            }
        }

        @Test(.enabled(if: MountNamespace.isAllowed, "needs the right to mount"))
        func `A name that leads elsewhere when it is connected to is refused by its address`() async throws {
            try await withBypass(replicas: 1, settings: ["LEASE": "20s", "CALLBACK_TIMEOUT": "10s"]) { suite in
                // What the process takes for the machine's hosts, so that a name's answer can change.
                let hosts = suite.folder.appendingPathComponent("hosts")
                func answer(_ address: String) throws {
                    try "127.0.0.1 stays.test\n\(address) turns.test\n".write(
                        to: hosts, atomically: false, encoding: .utf8)
                }
                try answer("127.0.0.1")
                let port = try FreePort.any()
                let replica = suite.replicas[0].copy(
                    name: "rebinding", port: port,
                    overriding: ["HTTP_PORT": "\(port)", "HOSTS": hosts.path, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
                    behind: MountNamespace.command(#"mount --bind "$HOSTS" /etc/hosts"#))
                await suite.replicas[0].terminate()
                defer { replica.kill() }
                try replica.start()
                try await replica.waitUntilReady(suite.http)
                for name in ["stays", "turns"] {
                    let url = "http://\(name).test:\(suite.receiver.port)/hook"
                    let group = try await suite.http.send(
                        "PUT", "\(replica.url)/queues/\(name)", #"{"callbackUrl": "\#(url)"}"#)
                    #expect(group.status == 201)
                    _ = try await suite.http.send("POST", "\(replica.url)/queues/\(name)/pause", nil)
                    let message = try await suite.http.post("\(replica.url)/queues/\(name)/messages", "{}")
                    #expect(message.status == 202, "accepted while the name led to an address that is allowed")
                }
                // Now it leads to the address of a cloud's metadata.
                try answer("169.254.169.254")
                for name in ["stays", "turns"] {
                    _ = try await suite.http.send("POST", "\(replica.url)/queues/\(name)/resume", nil)
                }
                var state = ""
                let isRefused = try await eventually {
                    state = try await suite.http.get("\(replica.url)/queues/turns/state").text
                    return state.contains(#""state":"Blocked""#) && state.contains("address is not public")
                        && state.contains(#""attempts":1,"#)
                }
                #expect(isRefused, "\(state)")
                #expect(try await eventually { try await suite.seen().map(\.group) == ["stays"] })
            }
        }
    }
}
