import Contracts
import Digest
import ServiceRuntime

/// Where the Bot API brings its updates.
struct WebhookRoute: RouteModule {
    private static let secretHeader = "x-telegram-bot-api-secret-token"

    /// What was given to `setWebhook`; without it every update is refused.
    let secret: String?
    let handle: HandleUpdate

    func register(on router: ServiceRouter) {
        // Telegram has no token of ours; its secret is checked below, whatever AUTH says.
        router.post("/telegrams/webhook", for: .everyone) { request, context in
            guard isGenuine(request.headers) else { throw DomainError.wrongWebhookSecret }
            let update = try await request.decode(UpdateBody.self, context)
            guard let message = update.message else { return Answer.json(WebhookAnswer(.ignored)) }
            let write = WriteContext(correlationID: context.correlationID, trace: context.trace)
            // Whatever the update says is answered with 200, else the Bot API would bring it again and again.
            return Answer.json(
                WebhookAnswer(try await handle(text: message.text, chatId: message.chatId, write)))
        }
    }

    private func isGenuine(_ headers: HTTPFields) -> Bool {
        let given = headers.filter { $0.name.canonicalName == Self.secretHeader }.map(\.value)
        guard let secret, given.count == 1 else { return false }
        return ConstantTime.equal(Array(given[0].utf8), Array(secret.utf8))
    }
}

private struct WebhookAnswer: Encodable {
    var linked = false
    var detail: String?

    init(_ outcome: HandleUpdate.Outcome) {
        switch outcome {
        case .linked: linked = true
        case .refused(let reason): detail = reason
        case .ignored: detail = "nothing to do for this update"
        }
    }
}
