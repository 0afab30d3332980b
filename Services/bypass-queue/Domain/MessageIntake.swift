/// Where webhooks are made durable.
protocol MessageIntake: Sendable {
    typealias Completion = @Sendable (Result<Receipt, any Error>) -> Void

    /// Calls each `completion` once its message is committed, or with the reason why it is not; a `Webhook-Id` that the
    /// group knows gets its first receipt again.
    func accept(_ messages: [(IncomingMessage, Completion)])
}
