/// The buffer at one moment.
struct IntakeStatus: Sendable {
    /// `Idle`, `Active` or `Flushing`.
    let state: String
    /// Accepted and not settled yet, those being written included.
    let events: Int
    let bytes: Int
    let oldestAge: Duration
    /// `nil` while the store takes events.
    let storeAwayFor: Duration?
    /// Of the events, those that neither store nor recovery log took.
    let held: Int
    let lastFlush: FlushReport?
}
