/// Keeps lines between a source and a sink: bounded, in order, handed over transactionally.
///
/// Many may put, one takes. What was taken stays until ``commit()``; after ``rollback()`` it is taken again.
protocol Channel: Sendable {
    /// Lines and bytes that wait.
    var waiting: ChannelFill { get }

    /// Waits for room and stores the batch. `safe` is called once it cannot be lost any more: at once by a channel that
    /// survives the process, after the sink's commit by one that does not.
    func put(_ batch: LineBatch, safe: @escaping @Sendable () -> Void) async throws

    /// Waits for lines and returns the oldest, at least one; `nil` when the task is cancelled.
    func take(maxLines: Int) async throws -> LineBatch?

    /// What was taken has been delivered.
    func commit() async throws

    /// What was taken could not be delivered.
    func rollback() async

    func close() async
}

/// How full a channel is.
struct ChannelFill: Sendable, Hashable {
    var lines = 0
    var bytes = 0
}
