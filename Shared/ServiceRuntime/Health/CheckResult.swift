/// The outcome of one readiness check.
public struct CheckResult: Sendable, Hashable {
    /// Whether what was checked is as it should be.
    public enum Status: String, Sendable, Hashable {
        case pass, fail
    }

    public let status: Status
    /// What an operator wants to know; safe to show to anybody.
    public let detail: String?

    /// All is well.
    public static func pass(_ detail: String? = nil) -> CheckResult { CheckResult(status: .pass, detail: detail) }
    /// Something is amiss.
    public static func fail(_ detail: String) -> CheckResult { CheckResult(status: .fail, detail: detail) }
}
