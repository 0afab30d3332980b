/// An error that knows how long to wait before a repeat has a chance, such as an answer with `Retry-After`.
public protocol RetryAfterCarrying: Error {
    /// From the moment it was thrown; `nil` if it cannot say.
    var retryAfter: Duration? { get }
}
