import Orders
import Redis

/// Reads windows from Redis.
struct StatisticsReader: Sendable {
    /// Hashes that are asked for at once.
    private static let chunk = 900

    let pool: RedisPool

    /// The latest windows of a branch, oldest first.
    func latest(_ branch: String, count: Int) async throws -> [ChartWindow] {
        try await pool.run { connection in
            let dates = try connection.command(
                "ZREVRANGE", StatisticsKeys.windows(branch), "0", String(count - 1)
            ).strings()
            return try Self.windows(dates.reversed().compactMap { WindowDate($0) }.map { (branch, $0) }, connection)
        }
    }

    /// The latest windows of all branches.
    func latest(count: Int) async throws -> [ChartWindow] {
        var all: [ChartWindow] = []
        for branch in OrderCatalogue.branches { all += try await latest(branch, count: count) }
        return all
    }

    /// The sums over all windows that are kept, and the counters beside them.
    func totals() async throws -> StatisticsTotals {
        var totals = StatisticsTotals()
        for branch in OrderCatalogue.branches {
            let dates = try await pool.run { connection in
                try connection.command("ZRANGE", StatisticsKeys.windows(branch), "0", "-1").strings()
            }.compactMap { WindowDate($0) }
            var rest = dates[...]
            while !rest.isEmpty {
                let part = rest.prefix(Self.chunk / 3)
                rest = rest.dropFirst(part.count)
                for window in try await pool.run({ try Self.windows(part.map { (branch, $0) }, $0) }) {
                    totals.add(window)
                }
            }
        }
        totals.counters = try await pool.run { try $0.command("HGETALL", StatisticsKeys.totals).fields() }
            .compactMapValues { Int($0) }
        return totals
    }

    /// Windows that have expired meanwhile are left out.
    private static func windows(
        _ keys: [(branch: String, date: WindowDate)], _ connection: RedisConnection
    ) throws -> [ChartWindow] {
        let types = StatisticsType.allCases
        let answers = try connection.pipeline(
            keys.flatMap { key in
                types.map { RedisCommand("HGETALL", StatisticsKeys.counts(key.branch, key.date, $0)) }
            })
        var windows: [ChartWindow] = []
        for (index, key) in keys.enumerated() {
            var counts: ChartWindow.Counts = [:]
            for (offset, type) in types.enumerated() {
                let fields = try answers[index * types.count + offset].fields()
                if !fields.isEmpty { counts[type] = fields.compactMapValues { Int($0) } }
            }
            if !counts.isEmpty { windows.append(ChartWindow(branch: key.branch, date: key.date, counts: counts)) }
        }
        return windows
    }
}
