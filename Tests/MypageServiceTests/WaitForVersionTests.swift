import Contracts
import ServiceRuntime
import Synchronization
import Testing

@testable import MypageService

@Suite("Waiting for a version")
struct WaitForVersionTests {
    private let token = ConsistencyToken(.gift, id: 4, version: 2)

    @Test("ends at once when it has been seen")
    func seen() async throws {
        let memory = MemoryMypage()
        _ = try await memory.apply([.gift(4, version: 3, mission: 1, .used)])
        let clock = StepClock()
        try await WaitForVersion(repository: memory, clock: clock)(token)
        #expect(clock.elapsed == .zero)
    }

    @Test("asks again until it is there, with pauses that grow to 50 ms")
    func later() async throws {
        let memory = MemoryMypage()
        let clock = StepClock { count in
            if count == 8 { _ = try? await memory.apply([.gift(4, version: 2, mission: 1, .used)]) }
        }
        try await WaitForVersion(repository: memory, clock: clock)(token)
        #expect(clock.pauses.first == .milliseconds(5))
        #expect(clock.pauses.count == 8)
        #expect(clock.pauses.max() ?? .zero <= .milliseconds(50))
    }

    @Test("ends after two seconds with a refusal that says to try again")
    func never() async throws {
        let clock = StepClock()
        let error = await #expect(throws: DomainError.self) {
            try await WaitForVersion(repository: MemoryMypage(), clock: clock)(token)
        }
        #expect(error?.slug == "version-not-seen" && error?.kind == .unavailable && error?.retryAfter == 1)
        #expect(clock.elapsed == .seconds(2))
    }

    @Test("is refused when too many wait")
    func bounded() async throws {
        let wait = WaitForVersion(repository: MemoryMypage(), maxWaiters: 0, clock: StepClock())
        let error = await #expect(throws: DomainError.self) { try await wait(token) }
        #expect(error?.slug == "too-many-waiting")
    }
}

/// A clock on which nobody waits: sleeping moves it on.
final class StepClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = Mutex<(now: Duration, pauses: [Duration])>((.zero, []))
    private let onSleep: @Sendable (Int) async -> Void

    init(onSleep: @escaping @Sendable (Int) async -> Void = { _ in }) { self.onSleep = onSleep }

    var now: Instant { Instant(offset: elapsed) }
    var minimumResolution: Duration { .zero }
    var elapsed: Duration { state.withLock { $0.now } }
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let count = state.withLock { state in
            state.pauses.append(deadline.offset - state.now)
            state.now = deadline.offset
            return state.pauses.count
        }
        await onSleep(count)
    }
}
