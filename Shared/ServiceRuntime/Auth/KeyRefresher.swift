import Auth
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Keeps the keys that tokens are checked with, and renews them: from time to time, and when a token names a key that is
/// not known.
///
/// What cannot be had or read changes nothing: the keys there are stay in use. Metrics: `auth_keys`,
/// `auth_keys_age_seconds`, `auth_key_refreshes_total` by outcome.
final class KeyRefresher: Service, CustomStringConvertible {
    /// At most so often, whatever callers send.
    private static let shortestPause: Duration = .seconds(1)
    /// So many requests may wait for a renewal; a flood of made-up keys must not hold up everything else.
    private static let maxWaiters = 64

    private struct State {
        var ring: KeyRing?
        var bytes: [UInt8] = []
        var loadedAt: ContinuousClock.Instant?
        /// Opens with the outcome of the renewal that begins next.
        var next = Gate<Bool>()
        var waiters = 0
        var lastFault: String?
    }

    private let source: any KeySource
    private let interval: Duration
    private let logger: Logger
    private let onChange: @Sendable () -> Void
    private let state: Mutex<State>
    private let bell: AsyncStream<Void>
    private let ringer: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - interval: How often the keys are renewed unasked.
    ///   - onChange: Called when the keys are others than before.
    init(
        source: any KeySource, interval: Duration, logger: Logger, onChange: @escaping @Sendable () -> Void
    ) {
        self.source = source
        self.interval = interval
        self.logger = logger
        self.onChange = onChange
        state = Mutex(State())
        (bell, ringer) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var description: String { "KeyRefresher" }

    /// The keys that are trusted now; `nil` while none have come yet.
    var ring: KeyRing? { state.withLock { $0.ring } }

    /// Loads the keys for the first time.
    ///
    /// - Errors: ``KeySourceFault``, ``KeySetDocument/Fault``.
    func load() async throws {
        guard ring == nil else { return }
        try await refresh()
    }

    /// Renews the keys, together with whoever else asks for it; waits until the last renewal is a second ago.
    ///
    /// - Returns: whether they could be had.
    func renew() async -> Bool {
        let gate = state.withLock { state -> Gate<Bool>? in
            guard state.waiters < Self.maxWaiters else { return nil }
            state.waiters += 1
            return state.next
        }
        guard let gate else { return false }
        ringer.yield()
        defer { state.withLock { $0.waiters -= 1 } }
        return await gate.wait() ?? false
    }

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.ringRegularly() }
                await self.refreshWhenAsked()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.ringer.finish()
        }
        takeGate().open(false)
        await source.close()
    }

    /// What `/readyz` says; without any keys nobody can be let in.
    func check() -> CheckResult {
        state.withLock { state in
            guard let ring = state.ring else { return .fail("no keys yet: \(state.lastFault ?? "being loaded")") }
            guard let fault = state.lastFault else { return .pass("\(ring.keyIDs.count) keys") }
            return .pass("the keys are those of before: \(fault)")
        }
    }

    private func ringRegularly() async {
        while !Task.isCancelled {
            // Without any keys nothing works, so they are asked for as often as is allowed.
            try? await Task.sleep(for: ring == nil ? Self.shortestPause : interval)
            ringer.yield()
        }
    }

    private func refreshWhenAsked() async {
        for await _ in bell {
            let gate = takeGate()
            do {
                try await refresh()
                gate.open(true)
            } catch {
                gate.open(false)
            }
            // Whoever asks meanwhile waits for the next renewal.
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: Self.shortestPause) }
        }
    }

    private func takeGate() -> Gate<Bool> {
        state.withLock { state in
            defer { state.next = Gate<Bool>() }
            return state.next
        }
    }

    private func refresh() async throws {
        do {
            let bytes = try await source.load()
            let isNews = state.withLock { $0.ring == nil || $0.bytes != bytes }
            if isNews { use(try await source.ring(bytes), bytes) }
            state.withLock { state in
                state.loadedAt = .now
                state.lastFault = nil
            }
            Counter(label: "auth_key_refreshes_total", dimensions: [("outcome", "ok")]).increment()
        } catch {
            let text = ErrorText.line(error)
            let isNews = state.withLock { state in
                defer { state.lastFault = text }
                return state.lastFault != text
            }
            Counter(label: "auth_key_refreshes_total", dimensions: [("outcome", "failed")]).increment()
            if isNews {
                logger.warning("the keys of tokens cannot be renewed", metadata: [LogKey.error: "\(text)"])
            }
            throw error
        }
    }

    private func use(_ ring: KeyRing, _ bytes: [UInt8]) {
        state.withLock { state in
            state.ring = ring
            state.bytes = bytes
        }
        onChange()
        logger.info("keys of tokens", metadata: [LogKey.keys: "\(ring.keyIDs.joined(separator: " "))"])
    }

    /// Shows how many keys there are, and how old they are, when metrics are read.
    func exposeGauges(_ metrics: PrometheusRegistry) {
        let (count, age) = (Gauge(label: "auth_keys"), Gauge(label: "auth_keys_age_seconds"))
        metrics.onScrape { [weak self] in
            guard let self else { return }
            let (keys, loadedAt) = state.withLock { ($0.ring?.keyIDs.count ?? 0, $0.loadedAt) }
            count.record(keys)
            if let loadedAt { age.record(loadedAt.duration(to: .now) / .seconds(1)) }
        }
    }
}
