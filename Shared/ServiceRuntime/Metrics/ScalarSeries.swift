import CoreMetrics
import Synchronization

/// A counter of whole numbers.
final class CounterSeries: MetricSeries, CounterHandler {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels) \(value.load(ordering: .relaxed))\n"
    }
}

/// A counter of fractions.
final class FloatingCounterSeries: MetricSeries, FloatingPointCounterHandler {
    private let value = AtomicDouble()

    func increment(by amount: Double) { value.add(amount) }
    func reset() { value.store(0) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels) \(PrometheusText.number(value.load()))\n"
    }
}

/// A value that goes up and down.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let value = AtomicDouble()

    func set(_ value: Int64) { self.value.store(Double(value)) }
    func set(_ value: Double) { self.value.store(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    func write(name: String, labels: String, to text: inout String) {
        text += "\(name)\(labels) \(PrometheusText.number(value.load()))\n"
    }
}

/// A `Double` that threads add to without a lock.
struct AtomicDouble: ~Copyable {
    private let bits = Atomic<UInt64>(Double(0).bitPattern)

    func load() -> Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    func store(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = current
        }
    }
}
