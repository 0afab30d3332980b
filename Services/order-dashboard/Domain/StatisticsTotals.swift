import Orders

/// The sums over all kept windows.
struct StatisticsTotals: Sendable, Encodable {
    private var branches: [String: [String: [String: Int]]] = [:]
    private var all: [String: [String: Int]] = [:]
    private(set) var orders = 0
    private(set) var windows = 0
    /// `counted`, `repeated`, `late`, `set-aside`.
    var counters: [String: Int] = [:]

    mutating func add(_ window: ChartWindow) {
        windows += 1
        orders += window.orders
        for (type, counts) in window.counts {
            branches[window.branch, default: [:]][type.rawValue, default: [:]].merge(counts, uniquingKeysWith: +)
            all[type.rawValue, default: [:]].merge(counts, uniquingKeysWith: +)
        }
    }

    private enum CodingKeys: String, CodingKey { case branches, all = "totals", orders, windows, counters }
}
