import Contracts
import ServiceRuntime

/// The REST routes of rewards.
struct RewardRoutes: RouteModule {
    let repository: any RewardRepository
    let change: ChangeReward

    func register(on router: ServiceRouter) {
        router.patch("/rewards/{id}", for: [.operator]) { request, context in
            let id = try context.pathID()
            let (body, write) = try await request.write(ChangedRewardBody.self, context, refuse: repository.refuse)
            let reward = try await change(id, to: body.status, write)
            return Answer.json(
                RewardAnswer(reward: reward),
                token: ConsistencyToken(.reward, id: reward.id, version: reward.version))
        }
        router.get("/rewards/{id}", for: [.customer, .operator]) { _, context in
            Answer.json(RewardAnswer(reward: try await repository.find(try context.pathID(), in: context.scope)))
        }
        router.get(
            "/rewards", for: [.customer, .operator], query: ["missionId", "customerId", "status", "limit", "after"]
        ) { _, context in
            let (filter, page) = try context.query { query in
                (
                    RewardFilter(
                        missionId: try query.id("missionId"),
                        customerId: try context.scope.filter(query.id("customerId")),
                        status: try query.choice("status")),
                    try query.page()
                )
            }
            let rewards = try await repository.list(filter, page)
            return Answer.page(Page(items: rewards.items.map(RewardAnswer.init), next: rewards.next))
        }
    }
}
