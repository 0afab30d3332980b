import Contracts
import ServiceRuntime

/// The REST routes of the links between customers and chats.
struct ChatRoutes: RouteModule {
    let repository: any ChatRepository
    let change: ChangeChat

    func register(on router: ServiceRouter) {
        router.put("/chats/{customerId}", for: [.operator]) { request, context in
            let customerId = try context.pathID("customerId")
            let (body, write) = try await request.write(ChatBody.self, context, refuse: repository.refuse)
            return Answer.json(ChatAnswer(try await change(.link(customerId: customerId, chatId: body.chatId), write)))
        }
        router.get("/chats/{customerId}", for: [.customer, .operator]) { _, context in
            let customerId = try context.pathID("customerId")
            try context.scope.require(customerId)
            return Answer.json(ChatAnswer(try await repository.find(customerId)))
        }
        router.delete("/chats/{customerId}", for: [.operator]) { _, context in
            let customerId = try context.pathID("customerId")
            _ = try await change(.unlink(customerId: customerId), try context.writeContext(body: []))
            return Answer.empty()
        }
        // Whoever has a code can make the customer's messages come to a chat of theirs.
        router.post("/chats/{customerId}/code", for: [.customer, .operator]) { _, context in
            let customerId = try context.pathID("customerId")
            try context.scope.require(customerId)
            let code = try await repository.issueCode(customerId, try context.writeContext(body: []))
            return Answer.json(code, status: .created)
        }
    }
}
