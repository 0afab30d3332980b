import Logging
import Metrics
import Orders
import Synchronization
import WorkerThreads

/// What stands between one source and the channels: interceptors, encoder, selector.
///
/// One batch at a time: a source waits for ``accept(_:safe:)`` before it offers the next.
final class Intake: Sendable {
    let name: String
    private let interceptors: [any Interceptor]
    private let selector: any Selector
    private let channels: [String: any Channel]
    private let encoder = Mutex(LineEncoder())
    private let numbering = AsyncCondition(Numbering())
    private let read: Counter
    private let dropped: Counter

    private let logger: Logger

    init(
        name: String, interceptors: [any Interceptor], selector: any Selector, channels: [String: any Channel],
        logger: Logger
    ) {
        self.name = name
        self.logger = logger
        self.interceptors = interceptors
        self.selector = selector
        self.channels = channels
        read = Counter(label: "collector_lines_read_total", dimensions: [("source", name)])
        dropped = Counter(label: "collector_lines_dropped_total", dimensions: [("source", name)])
    }

    /// Puts the events into their channels, waiting for room; `safe` is called once none of them can be lost any more.
    func accept(_ events: [Event], safe: @escaping @Sendable () -> Void) async throws {
        let batches = encode(events)
        read.increment(by: events.count)
        let countdown = Countdown(batches.count, then: safe)
        for (name, batch) in batches {
            guard let channel = channels[name] else { preconditionFailure("the plan was checked: \(name)") }
            try await put(batch, into: channel) { countdown.step() }
        }
    }

    /// A channel that cannot store now, for want of room on the disk say, is asked again: the lines must not be lost.
    private func put(
        _ batch: LineBatch, into channel: any Channel, safe: @escaping @Sendable () -> Void
    ) async throws {
        while true {
            do {
                return try await channel.put(batch, safe: safe)
            } catch {
                try Task.checkCancellation()
                if error is CancellationError { throw error }
                logger.error("a channel does not take lines", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Numbers of lines that have no place in a file.
    private struct Numbering: Sendable {
        let generation = LineID.Generation.make()
        var next: Int64 = 0
        var isTaken = false
    }

    /// Lets one caller at a time number lines and put them, so that their numbers are in the order of the channels.
    func inTurn(_ body: (LineID.Generation, inout Int64) async throws -> Void) async throws {
        let turn: Numbering? = await numbering.wait { numbering in
            guard !numbering.isTaken else { return nil }
            numbering.isTaken = true
            return numbering
        }
        guard let turn else { throw CancellationError() }
        var next = turn.next
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(turn.generation, &next))
        } catch {
            outcome = .failure(error)
        }
        let reached = next
        numbering.update { numbering in
            numbering.next = reached
            numbering.isTaken = false
        }
        try outcome.get()
    }

    /// Ordered by name, so that channels always fill in the same order.
    private func encode(_ events: [Event]) -> [(String, LineBatch)] {
        encoder.withLock { encoder in
            var batches: [String: LineBatch] = [:]
            var common = LineBatch()
            let fixed = selector.fixedChannels
            var count = 0
            for event in events {
                guard let event = intercepted(event) else { continue }
                count += 1
                if fixed != nil {
                    encoder.append(event, to: &common)
                } else {
                    for name in selector.channels(for: event) {
                        encoder.append(event, to: &batches[name, default: LineBatch()])
                    }
                }
            }
            if count < events.count { dropped.increment(by: events.count - count) }
            if let fixed, !common.isEmpty { for name in fixed { batches[name] = common } }
            return batches.sorted { $0.key < $1.key }
        }
    }

    private func intercepted(_ event: Event) -> Event? {
        var event = event
        for interceptor in interceptors {
            guard let next = interceptor.intercept(event) else { return nil }
            event = next
        }
        return event
    }
}

/// Calls back after so many steps; at once when there are none to take.
private final class Countdown: Sendable {
    private let left: Mutex<Int>
    private let then: @Sendable () -> Void

    init(_ count: Int, then: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.then = then
        if count == 0 { then() }
    }

    func step() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { then() }
    }
}
