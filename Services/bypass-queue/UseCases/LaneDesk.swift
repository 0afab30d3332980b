import Contracts
import Synchronization

/// The groups that this replica owns, and which of them want somebody to work on them.
///
/// Each group is worked on by at most one task at a time; who wants it worked on wakes it.
final class LaneDesk: Sendable {
    /// What a task that works on a group does next.
    enum Step: Sendable {
        case perform(Lane.Action)
        /// Nothing now; whatever happens wakes the group again.
        case rest
    }

    /// When a group is to be woken.
    struct Timer: Sendable {
        let group: Int64
        let moment: Timestamp
    }

    /// Only touched under the lock. A class, so that a step changes its group in place: a struct taken out of the
    /// dictionary would be a copy, with all messages that wait.
    private final class Entry {
        var lane: Lane
        let owner: Int64
        var isRunning = false
        var isReleasing = false
        var timer: Timestamp?
        /// The last `doneSequence` that was noted in the store.
        var noted: Int64
        var held = 0

        init(lane: Lane, owner: Int64) {
            self.lane = lane
            self.owner = owner
            noted = lane.doneSequence
        }
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var isStopping = false
        var heldBytes = 0
    }

    private let state = Mutex(State())
    /// Groups to be worked on; at most one element for each group, so that it needs no further bound.
    let work: AsyncStream<OwnedLane>
    private let workers: AsyncStream<OwnedLane>.Continuation
    /// A group has at most one timer that counts, and each later one is earlier than it.
    let timers: AsyncStream<Timer>
    private let alarms: AsyncStream<Timer>.Continuation
    private let now: @Sendable () -> Timestamp
    /// Most bytes of bodies to hold.
    private let budget: Int
    private let capacity: Int

    init(capacity: Int, budget: Int, now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.capacity = capacity
        self.budget = budget
        self.now = now
        (work, workers) = AsyncStream.makeStream(of: OwnedLane.self, bufferingPolicy: .unbounded)
        (timers, alarms) = AsyncStream.makeStream(of: Timer.self, bufferingPolicy: .unbounded)
    }

    /// How many groups there is room for.
    var room: Int { state.withLock { $0.isStopping ? 0 : max(0, capacity - $0.entries.count) } }
    var count: Int { state.withLock { $0.entries.count } }
    var sending: Int { state.withLock { $0.entries.values.count { $0.lane.isSending } } }
    /// Whether more bodies may be held.
    var hasMemory: Bool { state.withLock { $0.heldBytes < budget } }

    // MARK: - Groups come and go

    func add(_ claims: [ClaimedLane], owner: Int64) {
        let moment = now()
        state.withLock { state in
            for claim in claims {
                if let known = state.entries[claim.groupID], known.lane.epoch >= claim.epoch { continue }
                forget(claim.groupID, &state)
                let lane = Lane(
                    groupID: claim.groupID, group: claim.group, epoch: claim.epoch, control: claim.control,
                    isFresh: claim.isFresh, now: moment)
                let entry = Entry(lane: lane, owner: owner)
                state.entries[claim.groupID] = entry
                wake(entry, state)
            }
        }
    }

    /// Forgets every group: this replica is no owner any more. Callbacks under way end by themselves.
    func dropAll() {
        state.withLock { state in
            for id in Array(state.entries.keys) { forget(id, &state) }
        }
    }

    /// From now on nothing new is begun.
    func stop() {
        state.withLock { $0.isStopping = true }
        workers.finish()
        alarms.finish()
    }

    // MARK: - What happens

    /// Messages that this replica has committed.
    func accepted(_ messages: [QueuedMessage], group: Int64) {
        change(group) { lane, state in
            if state.heldBytes < budget { lane.accepted(messages) } else { lane.signal() }
        }
    }

    /// Others have committed messages for these groups.
    func signal(_ groups: [Int64]) { for group in groups { change(group) { lane, _ in lane.signal() } } }

    /// An operator has changed these groups.
    func controlChanged(_ groups: [Int64]) {
        for group in groups { change(group) { lane, _ in lane.controlChanged() } }
    }

    /// Compares with what the store says; returns the groups of which nothing is known here.
    func compare(_ surveys: [LaneSurvey]) -> Set<Int64> {
        state.withLock { state in
            var unknown: Set<Int64> = []
            for survey in surveys {
                guard let entry = state.entries[survey.groupID] else {
                    unknown.insert(survey.groupID)
                    continue
                }
                entry.lane.compare(lastSequence: survey.lastSequence, revision: survey.revision)
                wake(entry, state)
            }
            return unknown
        }
    }

    func wake(_ group: Int64) { change(group) { _, _ in } }

    /// A timer has run out.
    func fired(_ timer: Timer) {
        state.withLock { state in
            guard let entry = state.entries[timer.group] else { return }
            if entry.timer == timer.moment { entry.timer = nil }
            wake(entry, state)
        }
    }

    // MARK: - For the task that works on a group

    /// What to do next for a group; `.rest` ends the task's turn.
    func next(_ owned: OwnedLane) -> Step {
        let (group, moment) = (owned.groupID, now())
        return state.withLock { state in
            guard let entry = state.entries[group], entry.lane.epoch == owned.epoch else { return .rest }
            guard !state.isStopping || entry.lane.isBusy, !entry.isReleasing else {
                entry.isRunning = false
                return .rest
            }
            let action = entry.lane.next(now: moment)
            recount(entry, &state)
            guard case .wait(let until) = action else { return .perform(action) }
            entry.isRunning = false
            if let until, entry.timer.map({ until < $0 }) ?? true {
                entry.timer = until
                alarms.yield(Timer(group: group, moment: until))
            }
            return .rest
        }
    }

    /// Tells the group what came of an action, if it still is the same owner's; returns whether it is.
    @discardableResult
    func report(_ owned: OwnedLane, _ body: (inout Lane) -> Void) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[owned.groupID], entry.lane.epoch == owned.epoch else { return false }
            body(&entry.lane)
            recount(entry, &state)
            return true
        }
    }

    /// The group is another owner's.
    func remove(_ owned: OwnedLane) {
        state.withLock { state in
            if state.entries[owned.groupID]?.lane.epoch == owned.epoch { forget(owned.groupID, &state) }
        }
    }

    // MARK: - Giving groups back

    /// Groups that have had nothing to do for a while, and `surplus` further ones; they rest until
    /// ``released(_:candidates:)``.
    func takeReleasable(idleFor patience: Duration, surplus: Int, limit: Int) -> [ReleasedLane] {
        let moment = now()
        return state.withLock { state in
            var lanes: [ReleasedLane] = []
            var surplus = surplus
            for (id, entry) in state.entries where !entry.isRunning && !entry.isReleasing && !entry.lane.isBusy {
                let isIdle = entry.lane.idleSince.map { $0.duration(to: moment) >= patience } ?? false
                guard isIdle || surplus > 0, lanes.count < limit else { continue }
                if !isIdle { surplus -= 1 }
                entry.isReleasing = true
                lanes.append(
                    ReleasedLane(
                        groupID: id, epoch: entry.lane.epoch, drained: entry.lane.doneSequence, isForced: !isIdle))
            }
            return lanes
        }
    }

    func released(_ released: Set<Int64>, candidates: [ReleasedLane]) {
        state.withLock { state in
            for candidate in candidates {
                guard let entry = state.entries[candidate.groupID], entry.lane.epoch == candidate.epoch else {
                    continue
                }
                if released.contains(candidate.groupID) {
                    forget(candidate.groupID, &state)
                } else {
                    entry.isReleasing = false
                    entry.lane.signal()
                    wake(entry, state)
                }
            }
        }
    }

    /// What has been done since this was asked last.
    func takeProgress(limit: Int) -> [(groupID: Int64, doneSequence: Int64)] {
        state.withLock { state in
            var progress: [(groupID: Int64, doneSequence: Int64)] = []
            for (id, entry) in state.entries where entry.lane.doneSequence > entry.noted {
                progress.append((id, entry.lane.doneSequence))
                entry.noted = entry.lane.doneSequence
                if progress.count == limit { break }
            }
            return progress
        }
    }

    // MARK: -

    private func change(_ group: Int64, _ body: (inout Lane, State) -> Void) {
        state.withLock { state in
            guard let entry = state.entries[group] else { return }
            body(&entry.lane, state)
            recount(entry, &state)
            wake(entry, state)
        }
    }

    /// Keeps the sum of held bytes true after a change of the group.
    private func recount(_ entry: Entry, _ state: inout State) {
        let held = entry.lane.heldBytes
        state.heldBytes += held - entry.held
        entry.held = held
    }

    private func forget(_ group: Int64, _ state: inout State) {
        guard let entry = state.entries.removeValue(forKey: group) else { return }
        state.heldBytes -= entry.held
    }

    private func wake(_ entry: Entry, _ state: State) {
        guard !entry.isRunning, !entry.isReleasing, !entry.lane.isBusy, !state.isStopping else { return }
        entry.isRunning = true
        workers.yield(OwnedLane(groupID: entry.lane.groupID, epoch: entry.lane.epoch, owner: entry.owner))
    }
}
