import Auth
import Foundation
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// The issuer's keys are exchanged while customers go on.
    @Suite struct KeyRotationTests {
        private static let clients = 6

        @Test(.timeLimit(.minutes(5)))
        func `keys are exchanged under load and not one request fails`() async throws {
            try await GuardedSuite.with(["AUTH_JWKS_REFRESH": "300ms", "LOG_LEVEL": "info"]) { guarded in
                let use = KeyUse(guarded.key, clients: Self.clients)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<Self.clients { group.addTask { try await load(guarded, use, client) } }
                    do {
                        for _ in 0..<4 { try await rotate(guarded, use) }
                        #expect(await eventually { use.outcome.0 > 500 }, "enough to say that none fails")
                    } catch {
                        Issue.record(error)
                    }
                    use.stop()
                    try await group.waitForAll()
                }
                let (requests, failures) = use.outcome
                print("\(requests) requests, four exchanges of the key")
                #expect(failures.isEmpty, "\(failures.prefix(5))")
            }
        }

        /// As docs/security.md says: publish the new key beside the old one, sign with it, take the old one out.
        private func rotate(_ guarded: GuardedSuite, _ use: KeyUse) async throws {
            let (old, new) = (use.key, try SigningKey())
            let last = try await guarded.customer(1, by: old)
            #expect(try await last.get("mission", "/missions").status == 200)
            try guarded.trust([old, new])
            use.sign(with: new)
            // Its last token is used up when every client has begun and ended a round with the new one.
            #expect(await eventually { use.isUsedByAll })
            try guarded.trust([new])
            for service in ["mission", "mypage"] {
                let path = service == "mission" ? "/missions" : "/mypages"
                #expect(
                    try await eventually { try await last.get(service, path).status == 401 },
                    "\(service) trusts the key that was taken out")
            }
        }

        /// A new token each round, for a look at two services and now and then a new mission.
        private func load(_ guarded: GuardedSuite, _ use: KeyUse, _ client: Int) async throws {
            var round = 0
            while !use.isOver {
                round += 1
                let (key, generation) = use.current
                let person = try await guarded.customer(Int64(client * 100_000 + round), by: key)
                var requests = [("GET", "mission", "/missions"), ("GET", "mypage", "/mypages")]
                if round % 4 == 0 { requests.append(("POST", "mission", "/missions")) }
                for (method, service, path) in requests {
                    let body = method == "POST" ? #"{"customerId": \#(client * 100_000 + round)}"# : nil
                    var answer = try await person.send(method, service, path, body)
                    // A store that is busy has nothing to do with keys.
                    if answer.text.contains("\"store-") {
                        answer = try await untilServed { try await person.send(method, service, path, body) }
                    }
                    let isGood = answer.status == (method == "POST" ? 201 : 200)
                    use.count(isGood ? nil : "\(method) \(path): \(answer.status) \(answer.text)")
                }
                use.finished(client, generation)
            }
        }
    }
}

/// Which key signs, and how far each client has come with it.
private final class KeyUse: Sendable {
    private struct State {
        var key: SigningKey
        var generation = 0
        var finished: [Int]
        var requests = 0
        var failures: [String] = []
        var isOver = false
    }

    private let state: Mutex<State>

    init(_ key: SigningKey, clients: Int) {
        state = Mutex(State(key: key, finished: Array(repeating: 0, count: clients)))
    }

    var key: SigningKey { current.0 }
    var current: (SigningKey, Int) { state.withLock { ($0.key, $0.generation) } }
    var isOver: Bool { state.withLock { $0.isOver } }
    var isUsedByAll: Bool { state.withLock { state in state.finished.allSatisfy { $0 == state.generation } } }
    var outcome: (Int, [String]) { state.withLock { ($0.requests, $0.failures) } }

    func sign(with key: SigningKey) {
        state.withLock {
            $0.key = key
            $0.generation += 1
        }
    }

    func finished(_ client: Int, _ generation: Int) { state.withLock { $0.finished[client] = generation } }

    func count(_ failure: String?) {
        state.withLock {
            $0.requests += 1
            if let failure { $0.failures.append(failure) }
        }
    }

    func stop() { state.withLock { $0.isOver = true } }
}
