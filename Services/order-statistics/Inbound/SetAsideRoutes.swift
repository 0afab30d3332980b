import Orders
import Redis
import ServiceRuntime

/// `GET /set-aside`: the latest lines that could not be counted, each with its place and the reason.
struct SetAsideRoutes: RouteModule {
    let pool: RedisPool

    func register(on router: ServiceRouter) {
        router.get("/set-aside", for: [.operator], query: ["limit"]) { _, context in
            let limit = try context.query { try $0.int("limit", in: 1...500) } ?? 50
            do {
                let entries = try await pool.run { connection in
                    try connection.command("LRANGE", StatisticsKeys.setAside, "0", String(limit - 1)).strings()
                }
                return Answer.bytes(Array("{\"items\":[\(entries.joined(separator: ","))]}".utf8))
            } catch is RedisError {
                throw DomainError(
                    .unavailable, slug: "store-unavailable", detail: "Redis does not answer now; try again.",
                    retryAfter: 1)
            }
        }
    }
}
