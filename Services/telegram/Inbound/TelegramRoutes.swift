import Contracts
import ServiceRuntime

/// The REST routes of messages.
struct TelegramRoutes: RouteModule {
    let repository: any MessageRepository
    let submit: SubmitMessage

    func register(on router: ServiceRouter) {
        router.post("/telegrams", for: [.service, .operator]) { request, context in
            let (body, write) = try await request.write(NewMessageBody.self, context, refuse: repository.refuse)
            switch try await submit(body.draft, write) {
            case .done(let message): return Self.answer(message, .created)
            case .queued(let message): return Self.answer(message, .accepted)
            case .known(let message): return Self.answer(message, .ok)
            }
        }
        router.get("/telegrams/{id}", for: [.customer, .operator]) { _, context in
            Answer.json(
                MessageAnswer(message: try await repository.find(try context.pathID(), in: context.scope)))
        }
        router.get(
            "/telegrams", for: [.customer, .operator],
            query: ["key", "missionId", "giftId", "customerId", "status", "limit", "after"]
        ) { _, context in
            let (filter, page) = try context.query { query in
                (
                    MessageFilter(
                        key: try query.string("key", maxLength: NewMessage.maxKeyLength),
                        missionId: try query.id("missionId"), giftId: try query.id("giftId"),
                        customerId: try context.scope.filter(query.id("customerId")), status: try query.choice("status")
                    ),
                    try query.page()
                )
            }
            let messages = try await repository.list(filter, page)
            return Answer.page(Page(items: messages.items.map(MessageAnswer.init), next: messages.next))
        }
    }

    private static func answer(_ message: Message, _ status: HTTPResponse.Status) -> Response {
        Answer.json(
            MessageAnswer(message: message), status: status, headers: [.location: "/telegrams/\(message.id)"],
            token: ConsistencyToken(.telegram, id: message.id, version: message.version))
    }
}
