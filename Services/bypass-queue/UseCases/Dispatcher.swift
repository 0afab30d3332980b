import Contracts
import Logging
import Metrics
import ServiceLifecycle

/// Works on the groups that this replica owns: one task a group that has something to do, one step after another.
struct Dispatcher: Service, CustomStringConvertible {
    let desk: LaneDesk
    let lease: Lease
    let store: any DeliveryStore
    let sender: any CallbackSender
    let rule: RetryRule
    let logger: Logger
    private let queueTime = Metrics.Timer(label: "bypass_time_in_queue_seconds")
    private let deliveryTime = Metrics.Timer(label: "delivery_latency_seconds")
    private let counters = AttemptCounters()

    init(
        desk: LaneDesk, lease: Lease, store: any DeliveryStore, sender: any CallbackSender, rule: RetryRule,
        logger: Logger
    ) {
        self.desk = desk
        self.lease = lease
        self.store = store
        self.sender = sender
        self.rule = rule
        self.logger = logger
    }

    var description: String { "Dispatcher" }

    /// On shutdown begins nothing new and returns when every callback that was under way is recorded.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await runTimers() }
                await withDiscardingTaskGroup { workers in
                    for await lane in desk.work { workers.addTask { await work(on: lane) } }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            desk.stop()
        }
    }

    private func runTimers() async {
        await withDiscardingTaskGroup { group in
            for await timer in desk.timers {
                group.addTask {
                    let pause = Timestamp.now.duration(to: timer.moment)
                    if pause > .zero { try? await Task.sleep(for: pause) }
                    desk.fired(timer)
                }
            }
            group.cancelAll()
        }
    }

    /// Until the group has nothing to do.
    private func work(on lane: OwnedLane) async {
        while true {
            guard case .perform(let action) = desk.next(lane) else { return }
            guard await perform(action, lane) else { return }
        }
    }

    /// Returns whether the group still is this owner's.
    private func perform(_ action: Lane.Action, _ lane: OwnedLane) async -> Bool {
        switch action {
        case .load(let id): await load(lane, after: id)
        case .order(let window): await order(lane, window)
        case .send(let delivery): await send(delivery, lane)
        case .settle(let settlement): await settle(settlement, lane)
        case .wait: true
        }
    }

    private func load(_ lane: OwnedLane, after id: Int64) async -> Bool {
        guard desk.hasMemory else {
            return desk.report(lane) { $0.failed(now: .now, pause: .milliseconds(20)) }
        }
        do {
            guard let loaded = try await store.load(lane, after: id) else {
                desk.remove(lane)
                return false
            }
            return desk.report(lane) { $0.loaded(loaded.control, loaded.messages, isCut: loaded.isCut) }
        } catch {
            return retryLater(lane, error)
        }
    }

    private func order(_ lane: OwnedLane, _ window: Duration) async -> Bool {
        do {
            let remaining = try await store.order(lane, window: window)
            return desk.report(lane) { $0.ordered(remaining: remaining, now: .now) }
        } catch {
            return retryLater(lane, error)
        }
    }

    private func send(_ delivery: Delivery, _ lane: OwnedLane) async -> Bool {
        let (startedAt, start) = (Timestamp.now, ContinuousClock.now)
        let result: CallbackResult
        if let sendBefore = lease.sendBefore(delivery.settings.timeout, owner: lane.owner), start < sendBefore {
            result = await sender.send(delivery, sendBefore: sendBefore)
        } else {
            result = .notSent(reason: "the lease is about to end")
        }
        let duration = start.duration(to: .now)
        return desk.report(lane) {
            $0.answered(result, startedAt: startedAt, duration: duration, now: .now, rule: rule)
        }
    }

    private func settle(_ settlement: Settlement, _ lane: OwnedLane) async -> Bool {
        // The callback has been made: nothing goes on in this group before that is recorded, or the lease is lost.
        while !Task.isCancelled, lease.owner == lane.owner {
            do {
                switch try await store.settle(settlement, owner: lane.owner) {
                case .fenced:
                    desk.remove(lane)
                    return false
                case .gone:
                    return desk.report(lane) { $0.settled(isGone: true) }
                case .done:
                    record(settlement)
                    return desk.report(lane) { $0.settled(isGone: false) }
                }
            } catch {
                counters.storeFailures.increment()
                logger.debug("an outcome could not be recorded; tried again", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(.random(in: 50...200)))
            }
        }
        desk.remove(lane)
        return false
    }

    private func retryLater(_ lane: OwnedLane, _ error: any Error) -> Bool {
        counters.storeFailures.increment()
        logger.debug("the store does not answer; tried again", metadata: ["error": "\(error)"])
        return desk.report(lane) { $0.failed(now: .now, pause: .milliseconds(.random(in: 100...300))) }
    }

    private func record(_ settlement: Settlement) {
        counters.attempt(settlement.step)
        deliveryTime.record(duration: settlement.attempt.duration)
        guard settlement.step == .delivered else { return }
        queueTime.record(duration: settlement.delivery.message.acceptedAt.duration(to: .now))
    }
}

/// `attempts_total` by outcome.
private struct AttemptCounters: Sendable {
    let delivered = Counter(label: "attempts_total", dimensions: [("outcome", "delivered")])
    let retry = Counter(label: "attempts_total", dimensions: [("outcome", "retry")])
    let blocked = Counter(label: "attempts_total", dimensions: [("outcome", "blocked")])
    let deadLettered = Counter(label: "attempts_total", dimensions: [("outcome", "dead-lettered")])
    let storeFailures = Counter(label: "bypass_store_failures_total")

    func attempt(_ step: Settlement.Step) {
        switch step {
        case .delivered: delivered.increment()
        case .retry: retry.increment()
        case .blocked: blocked.increment()
        case .deadLettered: deadLettered.increment()
        }
    }
}
