import Contracts
import DequeModule

/// The state machine of one group, as its owner keeps it: events in, actions out. It knows no store, no network and no
/// clock; whoever drives it performs one action at a time and tells it what came of it.
///
/// Of the messages that wait only a small window is held here; the rest stays in the store.
struct Lane: Sendable {
    /// Most messages held.
    static let windowLimit = 32
    /// What is due later than this is not held in memory meanwhile.
    private static let patience = Duration.seconds(2)

    /// What to do next.
    enum Action: Sendable {
        /// Read the group's control state, and messages behind this id.
        case load(after: Int64)
        /// Close the ordering window that the first messages are in.
        case order(window: Duration)
        case send(Delivery)
        case settle(Settlement)
        /// Nothing until something happens, or until this moment.
        case wait(until: Timestamp?)
    }

    private enum Phase: Sendable {
        case idle, loading, ordering
        case sending(Delivery)
        case settling(Settlement)
    }

    let groupID: Int64
    let group: String
    /// Of this ownership; every callback carries it.
    let epoch: Int64
    private(set) var control: GroupControl
    private var window: Deque<QueuedMessage> = []
    /// Bytes of bodies in the window.
    private(set) var heldBytes = 0
    private var phase = Phase.idle
    /// The settlement that is to be done next.
    private var outcome: Settlement?
    /// The store may have messages behind the window.
    private var hasMore: Bool
    /// The control state is stale, and the window with it.
    private var isStale: Bool
    /// Messages were signalled while a load was under way that may have missed them.
    private var wasSignalled = false
    /// The control state was changed while a load was under way.
    private var isStaleAgain = false
    /// The id up to which messages were seen here.
    private var seenID: Int64 = 0
    /// The id of the latest message that is done.
    private var doneID: Int64 = 0
    /// Every sequence up to here was seen.
    private var seenSequence: Int64
    /// Every sequence up to here is done.
    private(set) var doneSequence: Int64 = 0
    private var pausedUntil: Timestamp?
    /// Since when there is nothing to do; `nil` while there is.
    private(set) var idleSince: Timestamp?

    /// - Parameter isFresh: The group had nothing to do until the message that made this replica its owner.
    init(groupID: Int64, group: String, epoch: Int64, control: GroupControl, isFresh: Bool, now: Timestamp) {
        self.groupID = groupID
        self.group = group
        self.epoch = epoch
        self.control = control
        hasMore = !isFresh
        isStale = !isFresh
        seenSequence = isFresh ? control.lastSequence : 0
        doneSequence = isFresh ? control.lastSequence : 0
        idleSince = now
    }

    /// What to do now; to be asked while no action is under way.
    mutating func next(now: Timestamp) -> Action {
        let action = decide(now)
        if case .wait = action, window.isEmpty || control.isPaused || control.isBlocked {
            idleSince = idleSince ?? now
        } else {
            idleSince = nil
        }
        return action
    }

    private mutating func decide(_ now: Timestamp) -> Action {
        if let outcome {
            phase = .settling(outcome)
            return .settle(outcome)
        }
        if let until = pausedUntil, now < until { return .wait(until: until) }
        pausedUntil = nil
        if isStale {
            forgetWindow()
            return load(after: doneID)
        }
        if control.isPaused || control.isBlocked {
            forgetWindow()
            return .wait(until: nil)
        }
        if let next = dueLater(now) {
            if now.duration(to: next) > Self.patience { forgetWindow() }
            return .wait(until: next)
        }
        guard let first = window.first else { return hasMore ? load(after: seenID) : .wait(until: nil) }
        guard first.isOrdered else {
            // The store decides, by the clock that stamped the message; until then it need not be asked. This process's
            // clock may differ from that one, and either may be set: no longer than the window is waited for.
            let end = first.acceptedAt.adding(control.settings.orderWindow)
            if now < end, first.acceptedAt <= now { return .wait(until: end) }
            phase = .ordering
            return .order(window: control.settings.orderWindow)
        }
        let progress = control.head.id == first.id ? control.head : HeadProgress()
        let delivery = Delivery(
            message: first, groupID: groupID, group: group, epoch: epoch, attempt: progress.attempts + 1,
            settings: control.settings)
        phase = .sending(delivery)
        return .send(delivery)
    }

    /// When the first message's next attempt is due, if that is later than now.
    private func dueLater(_ now: Timestamp) -> Timestamp? {
        guard let next = control.head.nextAt, now < next else { return nil }
        return window.first.map { $0.id == control.head.id } ?? true ? next : nil
    }

    /// Gives the memory of messages back that will not be sent soon; they are loaded again.
    private mutating func forgetWindow() {
        guard !window.isEmpty else { return }
        window.removeAll()
        heldBytes = 0
        hasMore = true
        seenID = doneID
    }

    private mutating func load(after id: Int64) -> Action {
        phase = .loading
        wasSignalled = false
        isStaleAgain = false
        // In a permuted window what is not done may stand before what is.
        return .load(after: control.usesOrder ? 0 : id)
    }

    // MARK: - What came of actions

    /// - Parameter isCut: The store has more than these.
    mutating func loaded(_ control: GroupControl, _ messages: [QueuedMessage], isCut: Bool) {
        phase = .idle
        isStale = isStaleAgain
        self.control = control
        hold(messages)
        if let last = messages.map(\.id).max() { seenID = max(seenID, last) }
        hasMore = isCut || wasSignalled
        let highest = messages.map(\.sequence).max() ?? 0
        seenSequence = max(seenSequence, highest, isCut ? 0 : control.lastSequence)
        if window.isEmpty, !isCut { doneSequence = max(doneSequence, control.lastSequence) }
    }

    /// The ordering window is closed in the store, or not over yet on the store's clock.
    mutating func ordered(remaining: Duration?, now: Timestamp) {
        phase = .idle
        if let remaining { pausedUntil = now.adding(max(remaining, .milliseconds(1))) } else { isStale = true }
    }

    mutating func answered(
        _ result: CallbackResult, startedAt: Timestamp, duration: Duration, now: Timestamp, rule: RetryRule
    ) {
        guard case .sending(let delivery) = phase else { preconditionFailure("an answer that nobody asked for") }
        phase = .idle
        if case .notSent = result {
            // Not the receiver's fault: a moment later it is tried again, as if nothing had been.
            pausedUntil = now.adding(.milliseconds(100))
            return
        }
        var progress = control.head.id == delivery.message.id ? control.head : HeadProgress()
        let verdict = rule.verdict(
            result, attempt: delivery.attempt, firstAt: progress.firstAt ?? startedAt,
            window: control.settings.retryWindow, now: now)
        progress.id = delivery.message.id
        progress.attempts = delivery.attempt
        progress.firstAt = progress.firstAt ?? startedAt
        progress.nextAt = nil
        let knownProgress = control.head.id == delivery.message.id
        outcome = Settlement(
            delivery: delivery, verdict: verdict, policy: control.settings.policy, progress: progress,
            hasProgress: knownProgress, result: result, startedAt: startedAt, duration: duration)
    }

    /// - Parameter isGone: The message was skipped meanwhile; nothing was recorded.
    mutating func settled(isGone: Bool) {
        guard case .settling(let settlement) = phase else { preconditionFailure("nothing was to be settled") }
        phase = .idle
        outcome = nil
        control.head = settlement.progressAfter
        if isGone { isStale = true }
        switch settlement.step {
        case .delivered, .deadLettered: finishFirst(settlement.delivery.message)
        case .retry: break
        case .blocked: control.isBlocked = true
        }
    }

    private mutating func finishFirst(_ message: QueuedMessage) {
        doneID = max(doneID, message.id)
        doneSequence = max(doneSequence, message.sequence)
        if window.first?.id == message.id { heldBytes -= window.removeFirst().body.count }
    }

    private mutating func hold(_ messages: some Collection<QueuedMessage>) {
        window.append(contentsOf: messages)
        heldBytes += messages.reduce(0) { $0 + $1.body.count }
    }

    /// Reading or ordering failed for want of the store; it is tried again.
    mutating func failed(now: Timestamp, pause: Duration) {
        switch phase {
        case .loading, .ordering:
            phase = .idle
            isStale = true
            pausedUntil = now.adding(pause)
        case .settling, .sending, .idle: preconditionFailure("only reading fails in this way")
        }
    }

    // MARK: - What happens elsewhere

    /// Messages that this replica has just accepted and committed.
    mutating func accepted(_ messages: [QueuedMessage]) {
        let news = messages.drop { $0.sequence <= seenSequence }
        guard let first = news.first, let last = news.last else { return }
        idleSince = nil
        let isContiguous = first.sequence == seenSequence + 1 && !hasMore && !isStale && !isLoading
        guard isContiguous, window.count + news.count <= Self.windowLimit else {
            signal()
            return
        }
        hold(news)
        seenSequence = last.sequence
        seenID = last.id
    }

    /// Somebody else has accepted messages.
    mutating func signal() {
        hasMore = true
        if isLoading { wasSignalled = true }
        idleSince = nil
    }

    /// Settings or state were changed.
    mutating func controlChanged() {
        isStale = true
        isStaleAgain = isLoading
        pausedUntil = nil
        idleSince = nil
    }

    /// Compares with what the store says from time to time.
    mutating func compare(lastSequence: Int64, revision: Int64) {
        if revision != control.revision, !isLoading { controlChanged() }
        if lastSequence > seenSequence { signal() }
    }

    private var isLoading: Bool { if case .loading = phase { true } else { false } }

    /// Whether a callback is under way.
    var isSending: Bool { if case .sending = phase { true } else { false } }

    /// Whether an action is under way.
    var isBusy: Bool { if case .idle = phase { outcome != nil } else { true } }
}
