/// Keeps lines between a source and a sink: bounded, in order, handed over transactionally.
///
/// Many may put, one takes, perhaps several batches before the first is delivered. What was taken stays until
/// ``commit()``; after ``rollback()`` it is taken again.
protocol Channel: Sendable {
    /// Lines and bytes that wait.
    var waiting: ChannelFill { get }

    /// Waits for room and stores the batch. `safe` is called once it cannot be lost any more: at once by a channel that
    /// survives the process, after the sink's commit by one that does not.
    func put(_ batch: LineBatch, safe: @escaping @Sendable () -> Void) async throws

    /// Returns the oldest lines that are not taken, at least one; `nil` when the task is cancelled.
    ///
    /// - Parameter waits: Whether to wait for lines, which is meant for when none are taken; else `nil` when there are
    ///   none.
    func take(maxLines: Int, waits: Bool) async throws -> LineBatch?

    /// The oldest batch that was taken has been delivered.
    func commit() async throws

    /// What was taken and not committed could not be delivered.
    func rollback() async

    func close() async
}

extension Channel {
    func take(maxLines: Int) async throws -> LineBatch? { try await take(maxLines: maxLines, waits: true) }
}

/// How full a channel is.
struct ChannelFill: Sendable, Hashable {
    var lines = 0
    var bytes = 0
}
