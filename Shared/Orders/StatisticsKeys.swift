/// Names in Redis. Those of the hashes, the list and the channel are the original's: its readers keep working.
public enum StatisticsKeys {
    /// The list that collectors push order lines to, at its right end.
    public static let queue = "CoffeeOrderQueue"
    /// Where each change of a window is published.
    public static let channel = "CHANNEL_REDIS_PUBSUB"
    /// The `header` of what is published there.
    public static let publishHeader = "PUBLISH_STATISTICS"

    /// The hash of one window: `<branch>:<yyyyMMddHHmmss>:CustomerAgeGrades`.
    public static func counts(_ branch: String, _ window: WindowDate, _ type: StatisticsType) -> String {
        "\(branch):\(window):\(type.rawValue)"
    }

    /// Sorted set of the windows that a branch has, by their start in seconds.
    public static func windows(_ branch: String) -> String { "order-statistics:windows:\(branch)" }
    /// Counters beside the windows: orders counted, repeated, late, set aside.
    public static let totals = "order-statistics:totals"
    /// Lines that could not be counted, the latest first, each with its place and the reason.
    public static let setAside = "order-statistics:set-aside"
    /// Who reads the list.
    public static let lease = "order-statistics:lease"
    /// What has been counted of the lines that came by one way: `queue`, or `orders-3` for a partition.
    public static func position(_ way: String) -> String { "order-statistics:position:\(way)" }
}
