import Foundation
import Synchronization

/// Delivers what a customer writes to the bot's webhook, as Telegram does.
final class Webhook: Sendable {
    private struct State {
        var target: WebhookTarget?
        var nextUpdate: Int64 = 1
    }

    private let state = Mutex(State())

    /// Sets or, with `nil`, removes the receiver.
    func set(_ target: WebhookTarget?) {
        state.withLock { $0.target = target }
    }

    /// Posts one update and returns the receiver's HTTP status. It is not tried again.
    func deliver(chatId: Int64, text: String) async throws -> Int {
        let (target, number) = state.withLock { state in
            defer { state.nextUpdate += 1 }
            return (state.target, state.nextUpdate)
        }
        guard let target else { throw SandboxError.conflict("no webhook is set: call setWebhook first") }
        let customer = BotUser(id: chatId, isBot: false, firstName: "Customer \(chatId)")
        let message = BotMessage(
            messageId: number, from: customer, chat: BotChat(chatId), date: Int(Date().timeIntervalSince1970),
            text: text)
        let body = try JSONAnswer.botEncoder.encode(BotUpdate(updateId: number, message: message))
        do {
            return try await WebhookClient(timeout: .seconds(10)).post([UInt8](body), to: target)
        } catch {
            throw SandboxError.badGateway("\(target.host):\(target.port) refused the connection or did not answer")
        }
    }
}
