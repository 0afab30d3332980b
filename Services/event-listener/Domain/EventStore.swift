/// Where events are kept. Its calls block: they run on a thread that the store owns.
protocol EventStore: Sendable {
    /// Brings `job` onto the store's thread and returns at once.
    func perform(_ job: @escaping @Sendable (any EventWriter) -> Void)

    /// Brings `job` onto a thread where waiting for a disk is no harm, without asking for the store.
    func performWithoutStore(_ job: @escaping @Sendable () -> Void)
}

/// The store as the writing thread sees it.
protocol EventWriter {
    /// Gets ready for a batch that comes in a moment: called or not, ``write(_:)`` does the same.
    func prepare()

    /// Writes a batch in one transaction and returns when it is committed.
    ///
    /// - Returns: What became of each event, in their order: stored, duplicate, or rejected with the store's reason.
    /// - Throws: When the store could take none of them now; then none of them was stored, or storing them again is
    ///   harmless.
    func write(_ events: [Event]) throws -> [Outcome]

    /// No batch came after ``prepare()``.
    func putAway()
}
