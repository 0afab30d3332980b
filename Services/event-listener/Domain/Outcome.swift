/// What became of one event.
enum Outcome: Sendable, Hashable {
    /// It is committed in the store.
    case stored
    /// An event with its uuid was stored before.
    case duplicate
    /// The store is away; the event is on this host's disk and goes to the store when that is back.
    case logged
    /// The store will never take it.
    case rejected(Rejection)
    /// It could be kept nowhere; the caller has it still.
    case failed(StoreFailure)

    /// Whether the event is safe.
    var isKept: Bool {
        switch self {
        case .stored, .duplicate, .logged: true
        case .rejected, .failed: false
        }
    }
}

/// Why an event cannot be taken; the same event is refused again.
struct Rejection: Sendable, Hashable {
    /// Stable name, such as `missing-field`.
    var type: String
    /// What to change.
    var detail: String
}

/// Why an event that is good could not be kept now.
enum StoreFailure: String, Error, Sendable, Hashable, CustomStringConvertible {
    /// The store does not answer, and the recovery log is not to be used.
    case storeUnavailable = "store-unavailable"
    /// Neither the store nor the recovery log takes it.
    case recoveryLogFull = "recovery-log-full"
    /// The buffer is full.
    case bufferFull = "buffer-full"
    /// The service is stopping.
    case stopping = "shutting-down"

    var description: String { rawValue }
}
