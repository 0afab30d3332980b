import TestSupport
import Testing

extension GameSuite {
    /// Runs the trouble once a part of the load has been accepted; probes meanwhile whether everybody is live.
    func underTrouble(
        missions: Int, _ trouble: @escaping @Sendable () async throws -> Void
    ) async throws -> Set<Int64> {
        let accepted = SharedCounter()
        let isDone = SharedFlag()
        return try await withThrowingTaskGroup(of: Set<Int64>.self) { group in
            group.addTask {
                try await Load(suite: self, count: missions, customers: 50).run { _ in accepted.increment() }
            }
            group.addTask {
                _ = await eventually { accepted.value > missions / 10 }
                try await trouble()
                isDone.set()
                return []
            }
            group.addTask {
                // Everybody is asked once at least, and again every 100 ms until the trouble is over.
                repeat {
                    for replica in self.all {
                        let answer = try await self.http.get("\(replica.url)/livez")
                        #expect(answer.status == 200, "\(replica.name) says that it is not live")
                    }
                } while !(await eventually(within: .milliseconds(100)) { isDone.isSet })
                return []
            }
            return try await group.reduce(into: Set<Int64>()) { $0.formUnion($1) }
        }
    }
}
