/// A ``RateLimiter`` had no token within its longest wait; none was taken.
public struct RateLimitExceeded: Error, Sendable, Hashable, CustomStringConvertible {
    /// When the same call would be let in, if nobody else came.
    public let retryAfter: Duration?

    public init(retryAfter: Duration?) { self.retryAfter = retryAfter }

    public var description: String { "the rate limit has no room" }
}

extension RateLimitExceeded: RetryAfterCarrying {}

extension RateLimitExceeded: FailureClassifying {
    public var failureKind: FailureKind { .unavailable }
    public var reason: String { "rate-limited" }
}
