/// Calls receivers.
protocol CallbackSender: Sendable {
    /// Makes one callback.
    ///
    /// - Parameter sendBefore: Checked immediately before the first byte leaves; later than this nothing is sent.
    func send(_ delivery: Delivery, sendBefore: ContinuousClock.Instant) async -> CallbackResult
}
