/// How a call ended, for the totals and for metrics.
public enum CallOutcome: String, Sendable, Hashable, CaseIterable {
    case success
    case failure
    /// Succeeded, after more than the slow call's duration.
    case slowSuccess
    /// Failed, after more than the slow call's duration; counts both as a failure and as slow.
    case slowFailure
    case ignored
    /// Never began, or its caller went away: the permit went back.
    case cancelled
    /// Not permitted.
    case rejected
    /// Ended in another state than it began in, or as a probe that was taken for lost: it counts for no window.
    case late
    /// A probe that did not report in time.
    case lost
}
