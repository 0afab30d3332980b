import Redis
import RedisSettings
import ServiceRuntime

/// `order-dashboard`: a live chart of the orders in the browser.
@main
enum OrderDashboard: ServiceDefinition {
    static let name = "order-dashboard"
    static let abstract = "A live chart of coffee orders in the browser."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)

    static func isUnavailable(_ error: any Error) -> Bool { (error as? RedisError)?.isRetriable ?? false }

    static func build(_ configuration: DashboardConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        var redis = configuration.redis
        redis.clientName = name
        let pool = RedisPool(redis, connections: 2, logger: context.logger("redis"))
        let reader = StatisticsReader(pool: pool)
        let board = LiveBoard()
        let feed = BoardFeed(board: board, reader: reader, redis: redis, logger: context.logger("feed"))
        let routes = DashboardRoutes(
            board: board, reader: reader, totals: CachedTotals(reader: reader), readiness: context.readiness)
        context.readiness.add("redis", decides: true) {
            do {
                try await pool.check()
                return .pass()
            } catch {
                return .fail("\(error)")
            }
        }
        return ServiceAssembly(
            services: [ClosingService("Redis") { await pool.close() }, feed], routes: [PageRoutes(), routes],
            preflight: { try await RedisSettings.check(pool) })
    }
}
