import CoreMetrics
import Synchronization

/// A histogram with fixed bounds: a Timer's in seconds, a Recorder's in the unit of what is recorded.
final class HistogramSeries: MetricSeries, TimerHandler, RecorderHandler {
    /// From half a millisecond to a minute.
    static let seconds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// For counts and sizes, such as rows in a batch.
    static let sizes: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000]

    private let bounds: [Double]
    private let buckets: AtomicCounts
    private let sum = AtomicDouble()

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = AtomicCounts(count: bounds.count + 1)
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        buckets.increment(index)
        sum.add(value)
    }

    func write(name: String, labels: String, to text: inout String) {
        var total: Int64 = 0
        for (index, bound) in bounds.enumerated() {
            total += buckets.load(index)
            text += "\(name)_bucket\(PrometheusText.adding("le", PrometheusText.number(bound), to: labels)) \(total)\n"
        }
        total += buckets.load(bounds.count)
        text += "\(name)_bucket\(PrometheusText.adding("le", "+Inf", to: labels)) \(total)\n"
        text += "\(name)_sum\(labels) \(PrometheusText.number(sum.load()))\n\(name)_count\(labels) \(total)\n"
    }
}

/// A fixed number of atomic counts.
private final class AtomicCounts: Sendable {
    private final class Count: Sendable {
        let value = Atomic<Int64>(0)
    }

    private let counts: [Count]

    init(count: Int) { counts = (0..<count).map { _ in Count() } }

    func increment(_ index: Int) { counts[index].value.wrappingAdd(1, ordering: .relaxed) }
    func load(_ index: Int) -> Int64 { counts[index].value.load(ordering: .relaxed) }
}
