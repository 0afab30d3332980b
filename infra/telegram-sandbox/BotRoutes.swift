import Foundation
import Hummingbird

/// The Bot API: `/bot<TOKEN>/<METHOD>`, by GET or POST, with the real one's answers and errors.
struct BotRoutes {
    var token: String
    var messages: MessageStore
    var faults: FaultBoard
    var webhook: Webhook

    func register(on router: Router<SandboxContext>) {
        router.get("bot{token}/{method}", use: handle)
        router.post("bot{token}/{method}", use: handle)
    }

    @Sendable private func handle(_ request: Request, _ context: SandboxContext) async throws -> Response {
        do {
            let given = try context.parameters.require("token")
            guard (given.removingPercentEncoding ?? given) == token else {
                throw BotError(status: 401, retryAfter: nil)
            }
            let method = try context.parameters.require("method").lowercased()
            return try await call(method, with: BotParameters(request), context)
        } catch let error as BotError {
            return try error.response()
        }
    }

    /// Carries out a call, unless a fault concerns it.
    private func call(
        _ method: String, with parameters: BotParameters, _ context: SandboxContext
    ) async throws -> Response {
        let fault = faults.fault(chat: parameters["chat_id"].flatMap { Int64($0) })
        let refused = fault?.closeAfterRead == true ? nil : fault?.effectiveStatus
        let answer = refused == nil ? try perform(method, parameters) : Response(status: .ok)
        if let delay = fault?.delayMs, delay > 0 {
            try await Task.sleep(for: .milliseconds(delay))
        }
        if fault?.closeAfterRead == true {
            context.dropConnection()
        }
        if let refused { throw BotError(status: refused, retryAfter: fault?.retryAfter) }
        return answer
    }

    private func perform(_ method: String, _ parameters: BotParameters) throws -> Response {
        switch method {
        case "sendmessage": try JSONAnswer.bot(BotAnswer(result: try sendMessage(parameters)))
        case "getme": try JSONAnswer.bot(BotAnswer(result: BotUser.bot(token: token)))
        case "setwebhook": try JSONAnswer.bot(try setWebhook(parameters))
        default: throw BotError(status: 404, retryAfter: nil)
        }
    }

    /// The limit counts Unicode code points: core.telegram.org/constructor/config, `message_length_max`.
    private func sendMessage(_ parameters: BotParameters) throws -> BotMessage {
        guard let chat = parameters["chat_id"] else { throw BotError(400, "Bad Request: chat_id is empty") }
        guard let id = Int64(chat), id != 0 else { throw BotError(400, "Bad Request: chat not found") }
        guard let text = parameters["text"], text.contains(where: { !$0.isWhitespace }) else {
            throw BotError(400, "Bad Request: message text is empty")
        }
        guard text.unicodeScalars.count <= 4_096 else { throw BotError(400, "Bad Request: message is too long") }
        let message = messages.record(chatId: id, text: text)
        return BotMessage(
            messageId: message.id, from: .bot(token: token), chat: BotChat(id),
            date: Int(Date().timeIntervalSince1970), text: text)
    }

    private func setWebhook(_ parameters: BotParameters) throws -> BotAnswer<Bool> {
        guard let text = parameters["url"] else {
            webhook.set(nil)
            return BotAnswer(result: true, description: "Webhook was deleted")
        }
        guard let target = WebhookTarget(url: text, secret: parameters["secret_token"]) else {
            throw BotError(400, "Bad Request: bad webhook: the sandbox calls http://host[:port]/path only")
        }
        webhook.set(target)
        return BotAnswer(result: true, description: "Webhook was set")
    }
}
