import TestSupport

/// Missions that are posted while something goes wrong: each until it is accepted, always with the same
/// `Idempotency-Key`, as a careful client does it.
struct Load {
    let suite: GameSuite
    /// How many missions; ``customers`` of them in turn.
    let count: Int
    let customers: Int64
    /// Most requests at once.
    var concurrency = 16
    /// Which replicas of mission are asked, in turn; all when there is none.
    var via: [Replica] = []
    /// Begins the idempotency keys: another load has other keys.
    var name = "load"

    /// Posts all of them and returns the ids that were answered with 201.
    ///
    /// - Parameter progress: Called with the number that were accepted so far.
    func run(progress: @escaping @Sendable (Int) -> Void = { _ in }) async throws -> Set<Int64> {
        let next = SharedCounter()
        let accepted = SharedCounter()
        return try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<concurrency {
                group.addTask {
                    var ids: [Int64] = []
                    while true {
                        let index = next.increment() - 1
                        guard index < count else { return ids }
                        ids.append(try await post(index))
                        progress(accepted.increment())
                    }
                }
            }
            return try await group.reduce(into: Set<Int64>()) { $0.formUnion($1) }
        }
    }

    private func post(_ index: Int) async throws -> Int64 {
        let customer = Int64(index) % customers + 1
        let replicas = via.isEmpty ? suite.replicas(of: "mission") : via
        var attempt = 0
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            let replica = replicas[(index + attempt) % replicas.count]
            do {
                return try await suite.achieve(customer: customer, via: replica, key: "\(name)-\(index)")
            } catch  where ContinuousClock.now < deadline {
                attempt += 1
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
