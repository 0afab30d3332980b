import Contracts
import Synchronization

/// Waits until a service has seen the version of an entity that a `Consistency-Token` names.
///
/// Asks again and again with growing pauses: the news comes from another process, or another replica.
public final class WaitForVersion: Sendable {
    /// The newest version of an entity that the service has seen, 0 for none; concurrent questions should share one
    /// statement.
    public typealias Seen = @Sendable (ConsistencyToken) async throws -> Int64

    private static let firstPause: Duration = .milliseconds(5)
    private static let longestPause: Duration = .milliseconds(50)

    private let seen: Seen
    private let patience: Duration
    private let maxWaiters: Int
    private let clock: any Clock<Duration>
    private let waiting = Atomic<Int>(0)

    /// - Parameter maxWaiters: How many may wait at once; more are refused.
    public init(
        patience: Duration = .seconds(2), maxWaiters: Int = 512, clock: any Clock<Duration> = ContinuousClock(),
        seen: @escaping Seen
    ) {
        self.seen = seen
        self.patience = patience
        self.maxWaiters = maxWaiters
        self.clock = clock
    }

    /// - Throws: ``DomainError`` `version-not-seen` when patience ends, `too-many-waiting` when there are too many.
    public func callAsFunction(_ token: ConsistencyToken) async throws {
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
        try await seen(token) >= token.version
    }
}

extension DomainError {
    static let malformedToken = DomainError(
        .malformed, slug: "malformed-consistency-token",
        detail: "The header Consistency-Token must be <entity>/<id>@<version>, such as mission/42@3.")

    static func versionNotSeen(_ token: ConsistencyToken) -> DomainError {
        DomainError(
            .unavailable, slug: "version-not-seen",
            detail: "\(token) has not arrived here in time; try again.", retryAfter: 1)
    }

    static let tooManyWaiters = DomainError(
        .overloaded, slug: "too-many-waiting",
        detail: "Too many requests wait for a Consistency-Token; try again, or leave the header out.", retryAfter: 1)
}
