import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Takes groups that nobody works on, gives back what is idle or too much, and notes how far groups have come.
final class GroupCare: Service, CustomStringConvertible {
    private struct Requests {
        var claim = true
        var survey = true
    }

    /// How long a group without messages stays here, so that the next one finds it in memory.
    private static let patience = Duration.seconds(5)
    private static let tick = Duration.milliseconds(500)
    /// Most groups in one statement.
    private static let batch = 2_000

    private let store: any OwnershipStore
    private let lease: Lease
    private let desk: LaneDesk
    private let logger: Logger
    private let requests = Mutex(Requests())
    private let wakeups: AsyncStream<Void>
    private let wakeup: AsyncStream<Void>.Continuation

    init(store: any OwnershipStore, lease: Lease, desk: LaneDesk, logger: Logger) {
        self.store = store
        self.lease = lease
        self.desk = desk
        self.logger = logger
        (wakeups, wakeup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var description: String { "GroupCare" }

    /// There may be groups without an owner.
    func lookForFree() {
        requests.withLock { $0.claim = true }
        wakeup.yield()
    }

    /// Signals may have been missed.
    func lookAtAll() {
        requests.withLock { $0 = Requests() }
        wakeup.yield()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    while !Task.isCancelled {
                        try? await Task.sleep(for: Self.tick)
                        requests.withLock { $0.claim = true }
                        wakeup.yield()
                    }
                    wakeup.finish()
                }
                var rounds = Rounds()
                for await _ in wakeups {
                    guard let owner = lease.owner else { continue }
                    do { try await care(owner, &rounds) } catch {
                        logger.debug("the store does not answer", metadata: ["error": "\(error)"])
                    }
                }
            }
        }
    }

    /// Gives back all that `owner` has.
    func retire(_ owner: Int64) async { try? await store.retire(owner) }

    private struct Rounds {
        var nextSurvey = ContinuousClock.now
        var nextTick = ContinuousClock.now
        /// This replica's part of the groups where somebody waits.
        var share = 0
        var watch = LeaseWatch()
        /// Groups of which nothing was known here the last time either.
        var unknown: Set<Int64> = []

        /// A little more than the share, so that groups do not wander about for nothing.
        var most: Int { share + share / 8 + 8 }
    }

    private func care(_ owner: Int64, _ rounds: inout Rounds) async throws {
        let asked = requests.withLock { requests in
            defer { requests = Requests(claim: false, survey: false) }
            return requests
        }
        let now = ContinuousClock.now
        if now >= rounds.nextTick {
            rounds.nextTick = now + Self.tick
            let signs = try await store.signsOfLife()
            let fenced = try await store.fence(rounds.watch.overdue(signs, now: .now))
            if fenced > 0 { logger.notice("owners were fenced out", metadata: ["count": "\(fenced)"]) }
            try await store.note(desk.takeProgress(limit: Self.batch))
        }
        if asked.survey || now >= rounds.nextSurvey {
            rounds.nextSurvey = now + .seconds(2)
            try await survey(owner, &rounds)
        }
        if asked.claim { try await claim(owner, &rounds) }
        let surplus = min(Self.batch, max(0, desk.count - rounds.most))
        let candidates = desk.takeReleasable(idleFor: Self.patience, surplus: surplus, limit: Self.batch)
        guard !candidates.isEmpty else { return }
        do {
            desk.released(Set(try await store.release(candidates, owner: owner)), candidates: candidates)
        } catch {
            desk.released([], candidates: candidates)
            throw error
        }
    }

    /// Takes free groups up to this replica's share.
    private func claim(_ owner: Int64, _ rounds: inout Rounds) async throws {
        while true {
            let allowed = rounds.most - desk.count
            let room = min(desk.room, allowed, Self.batch)
            guard room > 0 else { return }
            let claims = try await store.claim(owner, limit: room)
            desk.add(claims, owner: owner)
            guard claims.count == room else { return }
            // There are more. The share may be from a time when fewer groups waited: a burst must not wait for the survey.
            if room == allowed { rounds.share = try await store.fairShare() }
        }
    }

    private func survey(_ owner: Int64, _ rounds: inout Rounds) async throws {
        let unknown = desk.compare(try await store.survey(owner))
        // A claim that was committed although its answer was lost. What has only just been claimed is not meant.
        let lost = unknown.intersection(rounds.unknown)
        if !lost.isEmpty { try await store.abandon(Array(lost), owner: owner) }
        rounds.unknown = unknown.subtracting(lost)
        rounds.share = try await store.fairShare()
        Gauge(label: "bypass_active_leases").record(desk.count)
        Gauge(label: "bypass_callbacks_in_flight").record(desk.sending)
    }
}
