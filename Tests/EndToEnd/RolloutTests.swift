import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Replicas that are replaced one after the other behind the gateway.
    @Suite struct RolloutTests {
        @Test(arguments: [true, false])
        func `no request fails while two replicas of mypage and mission are replaced under load`(
            keepAlive: Bool
        ) async throws {
            let settings = ["SHUTDOWN_DRAIN": "2s"]
            try await withSuite(replicas: 2, settings: ["mission": settings, "mypage": settings]) { suite in
                try await suite.linkChats(1...5)
                let ids = try await Load(suite: suite, count: 20, customers: 5).run()
                try await suite.settle(missions: 20)
                let gateway = try await Gateway.start(suite)
                let isDone = SharedFlag()
                let answered = SharedCounter()
                let known = Array(ids)
                let headers = keepAlive ? [:] : ["Connection": "close"]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for worker in 0..<8 {
                        group.addTask {
                            while !isDone.isSet {
                                let answer =
                                    worker % 4 == 0
                                    ? try await suite.http.post(
                                        "\(gateway.url)/missions", #"{"customerId": 1}"#, headers: headers)
                                    : try await suite.http.get(
                                        "\(gateway.url)/mypages/\(known[worker])", headers: headers)
                                #expect([200, 201].contains(answer.status), "\(answer.status) \(answer.text)")
                                answered.increment()
                            }
                        }
                    }
                    group.addTask {
                        defer { isDone.set() }
                        for replica in suite.replicas(of: "mypage") + suite.replicas(of: "mission") {
                            #expect(await replica.terminate() == 0, "\(replica.name) did not end well")
                            try replica.start()
                            try await replica.waitUntilReady(suite.http)
                            try await gateway.waitUntilUp(replica, suite.http)
                        }
                        #expect(await eventually { answered.value > 500 }, "enough to say that none fails")
                    }
                    try await group.waitForAll()
                }
                gateway.stop()
            }
        }
    }
}

/// HAProxy with the project's own configuration in front of a suite.
struct Gateway {
    let url: String
    private let statsURL: String
    private let process: ChildProcess

    static func start(_ suite: GameSuite) async throws -> Gateway {
        let (port, stats) = (try FreePort.any(), try FreePort.any())
        var environment = ProcessInfo.processInfo.environment
        environment["GATEWAY_PORT"] = "\(port)"
        environment["GATEWAY_STATS_PORT"] = "\(stats)"
        for service in GameSuite.services {
            environment["\(service.uppercased())_SERVERS"] =
                suite.replicas(of: service).map { "127.0.0.1:\($0.port)" }.joined(separator: " ")
        }
        let configuration = suite.folder.appendingPathComponent("haproxy.cfg")
        let maker = try ChildProcess(
            "/bin/bash", ["infra/local/gateway.sh", "config"], environment: environment, log: configuration)
        guard await eventually({ !maker.isRunning }), maker.exitStatus == 0 else {
            throw TestFailure("gateway.sh config: \(maker.tail())")
        }
        let gateway = Gateway(
            url: "http://127.0.0.1:\(port)", statsURL: "http://127.0.0.1:\(stats)",
            process: try ChildProcess(
                "/usr/sbin/haproxy", ["-db", "-f", configuration.path], environment: environment,
                log: suite.folder.appendingPathComponent("haproxy.log")))
        for service in ["mission", "mypage"] {
            for replica in suite.replicas(of: service) { try await gateway.waitUntilUp(replica, suite.http) }
        }
        return gateway
    }

    /// Waits until the gateway sends requests to a replica.
    func waitUntilUp(_ replica: Replica, _ http: TestHTTP) async throws {
        let (service, number) = (replica.name.split(separator: "-")[0], Int(replica.name.split(separator: "-")[1])! + 1)
        let isUp = await eventually {
            let lines = (try? await http.get("\(statsURL)/;csv").text.split(separator: "\n")) ?? []
            return lines.contains { $0.hasPrefix("\(service),\(service)-\(number),") && $0.contains(",UP,") }
        }
        guard isUp else { throw TestFailure("the gateway does not see \(replica.name): \(process.tail())") }
    }

    func stop() { process.kill() }
}
