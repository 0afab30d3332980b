import Contracts
import ServiceRuntime

/// The REST routes of gifts.
struct GiftRoutes: RouteModule {
    let repository: any GiftRepository
    let exchange: ExchangeReward
    let change: ChangeGift

    func register(on router: ServiceRouter) {
        router.post("/gifts", for: [.customer, .operator]) { request, context in
            let token = try request.consistencyToken()
            let (body, write) = try await request.write(NewGiftBody.self, context, refuse: repository.refuse)
            let (gift, notification) = try await exchange(body.gift, notBefore: token, write)
            return Answer.created(
                GiftAnswer(gift: gift, notification: notification), location: "/gifts/\(gift.id)",
                token: ConsistencyToken(.gift, id: gift.id, version: gift.version))
        }
        router.patch("/gifts/{id}", for: [.customer, .operator]) { request, context in
            let id = try context.pathID()
            let (body, write) = try await request.write(ChangedGiftBody.self, context, refuse: repository.refuse)
            let (gift, notification) = try await change(id, to: body.status, write)
            return Answer.json(
                GiftAnswer(gift: gift, notification: notification),
                token: ConsistencyToken(.gift, id: gift.id, version: gift.version))
        }
        router.get("/gifts/{id}", for: [.customer, .operator]) { _, context in
            Answer.json(GiftAnswer(gift: try await repository.find(try context.pathID(), in: context.scope)))
        }
        router.get(
            "/gifts", for: [.customer, .operator], query: ["customerId", "rewardId", "status", "limit", "after"]
        ) { _, context in
            let (filter, page) = try context.query { query in
                (
                    GiftFilter(
                        customerId: try context.scope.filter(query.id("customerId")),
                        rewardId: try query.id("rewardId"),
                        status: try query.choice("status")),
                    try query.page()
                )
            }
            let gifts = try await repository.list(filter, page)
            return Answer.page(Page(items: gifts.items.map { GiftAnswer(gift: $0) }, next: gifts.next))
        }
    }
}
