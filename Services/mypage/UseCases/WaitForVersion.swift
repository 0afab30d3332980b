import Contracts
import Synchronization

/// Waits until the read model has seen a version of an entity, whichever mission the entity belongs to.
///
/// Asks again and again with growing pauses: the news comes from another process, or another replica. Concurrent
/// questions share one statement.
final class WaitForVersion: Sendable {
    private static let firstPause: Duration = .milliseconds(5)
    private static let longestPause: Duration = .milliseconds(50)

    private let repository: any MypageRepository
    private let patience: Duration
    private let maxWaiters: Int
    private let clock: any Clock<Duration>
    private let waiting = Atomic<Int>(0)

    /// - Parameter maxWaiters: How many may wait at once; more are refused.
    init(
        repository: any MypageRepository, patience: Duration = .seconds(2), maxWaiters: Int = 512,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.repository = repository
        self.patience = patience
        self.maxWaiters = maxWaiters
        self.clock = clock
    }

    /// - Throws: ``DomainError`` `version-not-seen` when patience ends, `too-many-waiting` when there are too many.
    func callAsFunction(_ token: ConsistencyToken) async throws {
        if try await isSeen(token) { return }
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= maxWaiters else {
            throw DomainError.tooManyWaiters
        }
        try await wait(for: token, by: clock)
    }

    private func wait<C: Clock>(for token: ConsistencyToken, by clock: C) async throws where C.Duration == Duration {
        let deadline = clock.now.advanced(by: patience)
        var pause = Self.firstPause
        while clock.now < deadline {
            try await clock.sleep(until: min(clock.now.advanced(by: pause), deadline), tolerance: nil)
            if try await isSeen(token) { return }
            pause = min(pause * 3 / 2, Self.longestPause)
        }
        throw DomainError.versionNotSeen(token)
    }

    private func isSeen(_ token: ConsistencyToken) async throws -> Bool {
        try await repository.version(of: token.entity, id: token.id) >= token.version
    }
}
