/// What callers get while the store is away.
enum StoreDownPolicy: String, Sendable, CaseIterable {
    /// Their events go to the recovery log, and they are answered once they are there.
    case log
    /// They are refused with 503 and come again.
    case refuse
}
