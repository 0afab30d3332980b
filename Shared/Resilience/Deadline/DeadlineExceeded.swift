/// The time for a call was over before it had a result.
public struct DeadlineExceeded: Error, Sendable, Hashable, CustomStringConvertible {
    /// The time it had.
    public let limit: Duration
    /// `false` if the call never began, so that the peer cannot have seen it.
    public let operationBegan: Bool

    public init(limit: Duration, operationBegan: Bool) {
        self.limit = limit
        self.operationBegan = operationBegan
    }

    public var description: String {
        "no result within \(limit)" + (operationBegan ? "" : "; the call had not begun")
    }
}

extension DeadlineExceeded: FailureClassifying {
    public var failureKind: FailureKind { .transient }
    public var reason: String { "deadline-exceeded" }
}
