import Contracts
import ServiceRuntime

/// The REST routes of the read model.
struct MypageRoutes: RouteModule {
    private static let readers: Access = [.customer, .operator]

    let repository: any MypageRepository
    let read: ReadMypage
    let logger: Logger
    private let turns: TurnBatches<[(Int64, MypageRepository.Completion)]>

    init(repository: any MypageRepository, read: ReadMypage, logger: Logger) {
        self.repository = repository
        self.read = read
        self.logger = logger
        turns = TurnBatches(make: { [] }, finish: { repository.find($0) })
    }

    func register(on router: ServiceRouter) {
        router.get("/mypages/{id}", for: Self.readers) { request, context in
            let id = try context.pathID()
            let token = try request.consistencyToken()
            return Answer.bytes(MypageJSON.bytes(try await read(id, notBefore: token, in: context.scope)))
        }
        router.get(
            "/mypages", for: Self.readers,
            query: ["missionId", "rewardId", "giftId", "telegramId", "customerId", "limit", "after"]
        ) { _, context in
            let (filter, page) = try context.query { query in
                (
                    MypageFilter(
                        missionId: try query.id("missionId"), rewardId: try query.id("rewardId"),
                        giftId: try query.id("giftId"), telegramId: try query.id("telegramId"),
                        customerId: try context.scope.filter(query.id("customerId"))),
                    try query.page()
                )
            }
            return Answer.bytes(MypageJSON.bytes(try await repository.list(filter, page)))
        }
    }

    /// `GET /mypages/{id}` without a token, answered without a task per request; everything else is left to the
    /// ordinary route.
    var fastRoute: FastRoute {
        let (turns, logger) = (turns, logger)
        return FastRoute(prefix: "/mypages/", route: "/mypages/{id}", for: Self.readers) { request, responder in
            guard request[.consistencyToken] == nil, let id = request.id else { return false }
            let answer: MypageRepository.Completion = { result in
                switch result {
                case .success(let page?) where request.scope.includes(page.customerId):
                    responder.succeed(FastAnswer(json: MypageJSON.bytes(page)))
                case .success: responder.fail(DomainError.mypageNotFound(id))
                case .failure(let error):
                    if !(error is DomainError) { logger.error("reading failed", metadata: ["error": "\(error)"]) }
                    responder.fail(error)
                }
            }
            turns.add(for: responder) { $0.append((id, answer)) }
            return true
        }
    }
}
