import MariaDB
import Resilience

extension MariaDBError: FailureClassifying {
    /// Whether the store does not take work now, for whatever reason, and the work itself is not to blame.
    var isUnavailable: Bool {
        isRetriable || isSchemaFault || code == .connection || code == .queueFull || code == .closed
    }

    public var failureKind: FailureKind {
        if isUnavailable { return .unavailable }
        // Classes 22 and 23: the data is at fault.
        let isData = code == .decoding || sqlState.map { $0.hasPrefix("22") || $0.hasPrefix("23") } ?? false
        return isData ? .permanent : .transient
    }

    public var reason: String { sqlState.map { "store-refused-\($0)" } ?? "store-error" }
}
