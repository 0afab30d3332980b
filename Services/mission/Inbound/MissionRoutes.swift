import Contracts
import ServiceRuntime

/// The REST routes of missions.
struct MissionRoutes: RouteModule {
    let repository: any MissionRepository
    let create: CreateMission
    let change: ChangeMission

    func register(on router: ServiceRouter) {
        router.post("/missions", for: [.customer, .operator]) { request, context in
            let (body, write) = try await request.write(NewMissionBody.self, context, refuse: repository.refuse)
            try context.scope.require(body.draft.customerId)
            let mission = try await create(body.draft, write)
            return Answer.created(
                MissionAnswer(mission: mission), location: "/missions/\(mission.id)", token: mission.token)
        }
        router.patch("/missions/{id}", for: [.customer, .operator]) { request, context in
            let id = try context.pathID()
            let (body, write) = try await request.write(ChangedMissionBody.self, context, refuse: repository.refuse)
            let mission = try await change(id, to: body.status, write)
            return Answer.json(MissionAnswer(mission: mission), token: mission.token)
        }
        router.get("/missions/{id}", for: [.customer, .operator]) { _, context in
            Answer.json(MissionAnswer(mission: try await repository.find(try context.pathID(), in: context.scope)))
        }
        router.get(
            "/missions", for: [.customer, .operator], query: ["customerId", "status", "limit", "after"]
        ) { _, context in
            let (filter, page) = try context.query { query in
                (
                    MissionFilter(
                        customerId: try context.scope.filter(query.id("customerId")), status: try query.choice("status")
                    ),
                    try query.page()
                )
            }
            let missions = try await repository.list(filter, page)
            return Answer.page(Page(items: missions.items.map(MissionAnswer.init), next: missions.next))
        }
    }
}

extension Mission {
    fileprivate var token: ConsistencyToken { ConsistencyToken(.mission, id: id, version: version) }
}
