import Orders
import Redis
import ServiceRuntime

/// `GET /api/history`, `GET /api/totals` and `GET /api/stream`.
struct DashboardRoutes: RouteModule {
    /// A viewer is told of changes at most so often.
    private static let pause: Duration = .milliseconds(150)

    let board: LiveBoard
    let reader: StatisticsReader
    let totals: CachedTotals
    let readiness: Readiness

    /// Counts of branches tell of no person, and a browser's stream of events can send no token.
    func register(on router: ServiceRouter) {
        router.get("/api/history", for: .everyone, query: ["branch", "type", "count"]) { _, context in
            let (branch, type, count) = try context.query { query in
                (
                    try Self.branch(&query), try query.choice("type", of: StatisticsType.self),
                    try query.int("count", in: 1...2880) ?? 20
                )
            }
            guard let branch else { throw Self.missing("branch", OrderCatalogue.branches) }
            guard let type else { throw Self.missing("type", StatisticsType.allCases.map(\.rawValue)) }
            let windows = try await Self.whileAvailable { try await reader.latest(branch, count: count) }
            return Answer.bytes(ChartJSON.encode(HistoryBody(branch: branch, type: type, windows)))
        }
        router.get("/api/totals", for: .everyone) { _, _ in
            Answer.bytes(try await Self.whileAvailable { try await totals.json() })
        }
        router.get("/api/stream", for: .everyone, query: ["branch"]) { request, context in
            let branch = try context.query { try Self.branch(&$0) }
            guard request.method == .get else { return Response(status: .ok, headers: Self.streamHeaders) }
            let last = request.headers[.lastEventID].flatMap { EventID($0) }
            return stream(after: last, branch: branch)
        }
    }

    private static let streamHeaders: HTTPFields = [
        .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
    ]

    /// One viewer: each write waits until the one before has gone out, so a slow viewer gets fewer and larger events.
    private func stream(after last: EventID?, branch: String?) -> Response {
        let (board, readiness) = (board, readiness)
        return Response(
            status: .ok, headers: Self.streamHeaders,
            body: ResponseBody { writer in
                var seen = board.first(after: last, branch: branch)
                while true {
                    for frame in seen.frames { try await writer.write(ByteBuffer(bytes: frame)) }
                    // Whoever stops sends its viewers to another replica; they come back by themselves.
                    if readiness.isDraining { break }
                    try await Task.sleep(for: Self.pause)
                    guard let next = await board.next(after: seen, branch: branch) else { break }
                    seen = next
                }
                try await writer.finish(nil)
            })
    }

    private static func branch(_ query: inout QueryReader) throws -> String? {
        guard let branch = try query.string("branch") else { return nil }
        guard OrderCatalogue.branches.contains(branch) else { throw missing("branch", OrderCatalogue.branches) }
        return branch
    }

    private static func missing(_ name: String, _ values: [String]) -> DomainError {
        DomainError(
            .malformed, slug: "invalid-parameter",
            detail: "The query parameter \(name) must be one of \(values.joined(separator: ", ")).")
    }

    private static func whileAvailable<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is RedisError {
            throw DomainError(
                .unavailable, slug: "store-unavailable", detail: "Redis does not answer now; try again.", retryAfter: 1)
        }
    }
}

private struct HistoryBody: Encodable {
    let branch: String
    let type: String
    let windows: [ChartJSON.Counts]

    init(branch: String, type: StatisticsType, _ windows: [ChartWindow]) {
        self.branch = branch
        self.type = type.rawValue
        self.windows = windows.map { .init(date: $0.date.description, counts: $0.counts[type] ?? [:]) }
    }
}
