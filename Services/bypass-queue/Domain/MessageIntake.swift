/// Where webhooks are made durable.
protocol MessageIntake: Sendable {
    /// Returns once the message is committed; a `Webhook-Id` that the group knows gets its first receipt again.
    func accept(_ message: IncomingMessage) async throws -> Receipt
}
