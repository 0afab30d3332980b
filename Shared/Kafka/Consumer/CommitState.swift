/// Which offsets are to be committed, and when: at most one commit is on its way, and the latest offset wins.
///
/// A pure state machine: its functions answer what is to be sent now, and its caller sends it.
struct CommitState {
    typealias Offsets = [TopicPartition: Int64]

    /// How long a failed commit waits before it is tried again.
    static let retryPause = Duration.milliseconds(500)

    private(set) var assigned: Set<TopicPartition> = []
    private(set) var inFlight: Offsets = [:]
    private(set) var waiting: Offsets = [:]
    /// The latest offset that the owner named for each partition of ours.
    private(set) var requested: Offsets = [:]
    /// What the group is known to have of that.
    private var confirmed: Offsets = [:]
    private var retryAt: ContinuousClock.Instant?

    /// What the owner has asked for and the group has not confirmed.
    var unconfirmed: Offsets { requested.filter { confirmed[$0.key] != $0.value } }

    /// The owner is done with everything below these offsets. Partitions that are no longer ours are left out.
    mutating func request(_ offsets: Offsets) -> Offsets? {
        for (partition, offset) in offsets where assigned.contains(partition) {
            waiting[partition] = offset
            requested[partition] = offset
        }
        return next()
    }

    /// The commit on its way has come back.
    ///
    /// - Parameter failed: Those of its partitions that the broker did not take; they are tried again after a pause.
    mutating func finished(failed: Set<TopicPartition>, now: ContinuousClock.Instant) -> Offsets? {
        for (partition, offset) in inFlight where assigned.contains(partition) {
            if !failed.contains(partition) {
                confirmed[partition] = offset
            } else if confirmed[partition] != offset {
                if waiting[partition] == nil { waiting[partition] = offset }
                retryAt = now + Self.retryPause
            }
        }
        inFlight = [:]
        return next()
    }

    /// Called now and then: what a failed commit left behind, once its pause is over.
    mutating func due(now: ContinuousClock.Instant) -> Offsets? {
        guard let retryAt, retryAt <= now else { return nil }
        self.retryAt = nil
        return next()
    }

    /// Offsets that were committed another way.
    mutating func confirm(_ offsets: Offsets) {
        for (partition, offset) in offsets where assigned.contains(partition) {
            confirmed[partition] = offset
            if waiting[partition] == offset { waiting[partition] = nil }
        }
    }

    mutating func assign(_ partitions: some Sequence<TopicPartition>) { assigned.formUnion(partitions) }

    /// These belong to another member now, or soon: nothing more is said about them.
    mutating func revoke(_ partitions: some Sequence<TopicPartition>) {
        for partition in partitions {
            assigned.remove(partition)
            waiting[partition] = nil
            requested[partition] = nil
            confirmed[partition] = nil
        }
    }

    private mutating func next() -> Offsets? {
        guard inFlight.isEmpty, !waiting.isEmpty, retryAt == nil else { return nil }
        inFlight = waiting
        waiting = [:]
        return inFlight
    }
}
