import Contracts
import ServiceRuntime

/// Groups: their settings, how they are doing, and what an operator can do to them.
struct GroupRoutes: RouteModule {
    let groups: any GroupRepository
    let rules: CallbackRules
    let defaults: GroupDefaults

    func register(on router: ServiceRouter) {
        registerSettings(on: router)
        router.get("/queues", for: [.operator], query: ["state", "limit", "after"]) { _, context in
            let (state, page) = try context.query { (try $0.choice("state", of: GroupState.self), try $0.page()) }
            let found = try await groups.list(state, page)
            return Answer.page(Page(items: found.items.map(GroupStatusAnswer.init), next: found.next))
        }
        router.get("/queues/{group}/state", for: [.operator]) { _, context in
            Answer.json(GroupStatusAnswer(try await groups.status(try context.pathText("group"))))
        }
        command(.pause, "pause", on: router)
        command(.resume, "resume", on: router)
        command(.retry, "retry", on: router)
        router.post("/queues/{group}/skip", for: [.operator], query: ["id"]) { _, context in
            let id = try context.query { try $0.id("id") }
            return Answer.json(
                GroupStatusAnswer(try await groups.command(.skip(id: id), try context.pathText("group"))))
        }
    }

    private func registerSettings(on router: ServiceRouter) {
        router.put("/queues/{group}", for: [.operator]) { request, context in
            let name = try GroupName.check(try context.pathText("group"))
            let change = try (try await request.decode(SettingsBody.self, context)).change(rules, defaults)
            let (description, isNew) = try await groups.put(name, change)
            return Answer.json(SettingsAnswer(description), status: isNew ? .created : .ok)
        }
        router.get("/queues/{group}", for: [.operator]) { _, context in
            Answer.json(SettingsAnswer(try await groups.find(try context.pathText("group"))))
        }
        router.delete("/queues/{group}", for: [.operator]) { _, context in
            try await groups.delete(try context.pathText("group"))
            return Answer.empty()
        }
    }

    private func command(_ command: GroupCommand, _ name: String, on router: ServiceRouter) {
        router.post("/queues/{group}/\(name)", for: [.operator]) { _, context in
            Answer.json(GroupStatusAnswer(try await groups.command(command, try context.pathText("group"))))
        }
    }
}
