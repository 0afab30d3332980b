/// Where webhooks are made durable.
protocol MessageIntake: Sendable {
    /// Calls `completion` once the message is committed, or with the reason why it is not; a `Webhook-Id` that the group
    /// knows gets its first receipt again.
    func accept(_ message: IncomingMessage, completion: @escaping @Sendable (Result<Receipt, any Error>) -> Void)
}
