import Contracts
import ServiceRuntime

/// Messages that were set aside: an operator looks at them, sends them again or removes them.
struct DeadLetterRoutes: RouteModule {
    let deadLetters: any DeadLetterRepository

    func register(on router: ServiceRouter) {
        router.get("/dead-letters", for: [.operator], query: ["group", "limit", "after"]) { _, context in
            let (group, page) = try context.query { (try $0.string("group"), try $0.page()) }
            let found = try await deadLetters.list(group: group, page)
            return Answer.page(Page(items: found.items.map(DeadLetterAnswer.init), next: found.next))
        }
        router.post("/dead-letters/{id}/replay", for: [.operator]) { _, context in
            Answer.bytes(try await deadLetters.replay(try context.pathID()).json, status: .accepted)
        }
        router.delete("/dead-letters/{id}", for: [.operator]) { _, context in
            try await deadLetters.delete(try context.pathID())
            return Answer.empty()
        }
    }
}
