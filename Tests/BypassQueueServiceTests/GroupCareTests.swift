import Logging
import Synchronization
import TestSupport
import Testing

@testable import BypassQueueService

/// How groups are taken, on a store that is a counter.
@Suite(.timeLimit(.minutes(1)))
struct GroupCareTests {
    /// Free groups, all waiting, of which nobody knew before; one owner.
    private final class Store: OwnershipStore {
        private struct State {
            var free: [Int64] = []
            var taken = 0
            var surveys = 0
        }

        private let state = Mutex(State())

        func setFree(_ count: Int) { state.withLock { $0.free = (1...Int64(count)).map { $0 } } }
        var surveys: Int { state.withLock { $0.surveys } }

        func claim(_ owner: Int64, limit: Int) async throws -> [ClaimedLane] {
            let groups = state.withLock { state in
                let groups = Array(state.free.prefix(limit))
                state.free.removeFirst(groups.count)
                state.taken += groups.count
                return groups
            }
            let control = GroupControl(
                settings: GroupSettings(retryWindow: .seconds(1), timeout: .seconds(1), secrets: []), lastSequence: 1)
            return groups.map {
                ClaimedLane(groupID: $0, group: "g\($0)", epoch: 1, control: control, isFresh: false)
            }
        }

        func fairShare() async throws -> Int { state.withLock { $0.free.count + $0.taken } }

        func survey(_ owner: Int64) async throws -> [LaneSurvey] {
            state.withLock { $0.surveys += 1 }
            return []
        }

        func signsOfLife() async throws -> [SignOfLife] { [] }
        func fence(_ signs: [SignOfLife]) async throws -> Int { 0 }
        func release(_ lanes: [ReleasedLane], owner: Int64) async throws -> [Int64] { [] }
        func retire(_ owner: Int64) async throws {}
        func abandon(_ groups: [Int64], owner: Int64) async throws {}
        func note(_ progress: [(groupID: Int64, doneSequence: Int64)]) async throws {}
    }

    @Test func `groups that become free in a burst are taken at once, up to the room there is`() async throws {
        let (store, lease) = (Store(), Lease(margin: .zero))
        lease.held(by: 1, until: .now + .seconds(60))
        let desk = LaneDesk(capacity: 3_000, budget: 1 << 20)
        let care = GroupCare(store: store, lease: lease, desk: desk, logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await care.run() }
            care.lookForFree()
            try await soon { store.surveys == 1 }
            // The share was learnt when nobody waited.
            store.setFree(5_000)
            care.lookForFree()
            let isThere = await eventually(within: .seconds(20)) { desk.count == 3_000 }
            #expect(isThere, "only \(desk.count) groups were taken")
            #expect(store.surveys == 1, "that took another survey, which is due every two seconds")
            group.cancelAll()
        }
    }
}
