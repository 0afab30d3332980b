import Metrics
import Orders

/// What has been counted, for `/metrics`.
struct CountingMetrics: Sendable {
    private let counted = Counter(label: "orders_counted_total")
    private let repeated = Counter(label: "orders_repeated_total")
    private let late = Counter(label: "orders_late_total")
    private let closed = Counter(label: "order_windows_closed_total")
    private let setAside: [CoffeeOrder.Fault: Counter]

    init() {
        setAside = Dictionary(
            uniqueKeysWithValues: CoffeeOrder.Fault.allCases.map { fault in
                (fault, Counter(label: "orders_set_aside_total", dimensions: [("reason", fault.rawValue)]))
            })
    }

    func record(_ batch: CountedBatch) {
        if batch.counted > 0 { counted.increment(by: batch.counted) }
        if batch.repeated > 0 { repeated.increment(by: batch.repeated) }
        if batch.late > 0 { late.increment(by: batch.late) }
        if !batch.ended.isEmpty { closed.increment(by: batch.ended.count) }
        for line in batch.setAside { setAside[line.fault]?.increment() }
    }
}
