/// When a command under way has taken effect for good, which decides what a loss of the connection means.
enum CommitPoint {
    /// Not before a later `COMMIT`, or never: nothing is lost with it.
    case none
    /// A statement outside a transaction: only `ReadyForQuery` says that its commit is done.
    case atReadyForQuery
    /// `COMMIT` itself: its tag is sent after the fact.
    case atCommandComplete
}
