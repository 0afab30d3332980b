import Orders

/// One window of one branch with its counts, as viewers see it.
struct ChartWindow: Sendable, Hashable {
    typealias Counts = [StatisticsType: [String: Int]]

    let branch: String
    let date: WindowDate
    var counts: Counts

    /// How many orders: each has one way of payment.
    var orders: Int { counts[.paymentMethods]?.values.reduce(0, +) ?? 0 }
}
