/// How fast Telegram lets one bot write.
///
/// Source: Bot FAQ, "My bot is hitting limits" (https://core.telegram.org/bots/faq): about 30 messages a second in all,
/// one a second to a chat, 20 a minute to a group. The exact limits are not specified; 429 answers correct them.
struct BotLimits: Sendable, Hashable {
    /// Messages a second over all chats.
    var rate: Double
    /// Messages a second to one chat.
    var chatRate: Double
    /// Messages a minute to one group.
    var groupRate: Double

    init(rate: Double = 30, chatRate: Double = 1, groupRate: Double = 20) {
        self.rate = rate
        self.chatRate = chatRate
        self.groupRate = groupRate
    }

    /// From one answer of a chat to the next message to it. Groups and channels have negative ids.
    func interval(chat: Int64) -> Duration {
        let single = 1 / chatRate
        return .seconds(chat < 0 ? max(single, 60 / groupRate) : single)
    }
}
