/// The Telegram Bot API as the domain sees it. Its calls never throw: every outcome is a value.
protocol BotAPI: Sendable {
    /// Sends one text, at most once, and not at all after `sendBefore`.
    func send(_ text: String, chat: Int64, sendBefore: ContinuousClock.Instant) async -> SendResult

    /// Asks whether the Bot API answers to this token; returns the fault, or `nil` when all is well.
    func probe() async -> String?
}
