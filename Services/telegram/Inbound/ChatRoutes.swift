import Contracts
import ServiceRuntime

/// The REST routes of the links between customers and chats.
struct ChatRoutes: RouteModule {
    let repository: any ChatRepository
    let change: ChangeChat

    func register(on router: ServiceRouter) {
        router.put("/chats/{customerId}") { request, context in
            let customerId = try context.pathID("customerId")
            let (body, write) = try await request.write(ChatBody.self, context, refuse: repository.refuse)
            return Answer.json(ChatAnswer(try await change(.link(customerId: customerId, chatId: body.chatId), write)))
        }
        router.get("/chats/{customerId}") { _, context in
            Answer.json(ChatAnswer(try await repository.find(try context.pathID("customerId"))))
        }
        router.delete("/chats/{customerId}") { _, context in
            let customerId = try context.pathID("customerId")
            _ = try await change(.unlink(customerId: customerId), try context.writeContext(body: []))
            return Answer.empty()
        }
        router.post("/chats/{customerId}/code") { _, context in
            let customerId = try context.pathID("customerId")
            let code = try await repository.issueCode(customerId, try context.writeContext(body: []))
            return Answer.json(code, status: .created)
        }
    }
}
