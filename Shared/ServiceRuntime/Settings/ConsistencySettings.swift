/// How patient a service is with requests that carry a `Consistency-Token`.
public struct ConsistencySettings: Sendable {
    /// How long a request waits for what its token names.
    public let patience: Duration
    /// How many requests may wait at once.
    public let maxWaiters: Int

    public init(_ settings: inout SettingsReader) throws {
        patience = try settings.duration(
            "CONSISTENCY_WAIT", default: .seconds(2), in: .milliseconds(1) ... .seconds(2),
            help: "How long a request waits for what its Consistency-Token names before it gets 503.")
        maxWaiters = try settings.int(
            "CONSISTENCY_WAITERS", default: 512, in: 0...100_000,
            help: "Requests that may wait for a Consistency-Token at once; more are refused with 429.")
    }
}

extension WaitForVersion {
    public convenience init(_ settings: ConsistencySettings, seen: @escaping Seen) {
        self.init(patience: settings.patience, maxWaiters: settings.maxWaiters, seen: seen)
    }
}
