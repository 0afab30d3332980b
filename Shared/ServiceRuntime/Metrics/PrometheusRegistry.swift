import CoreMetrics
import Synchronization

/// Keeps every metric of the process and writes them in Prometheus' text format.
///
/// Handles are made once per name and labels and shared; their updates are atomic operations without a lock.
public final class PrometheusRegistry: MetricsFactory {
    /// The one that ``bootstrap()`` puts behind swift-metrics.
    public static let shared = PrometheusRegistry()

    private static let isBootstrapped: Bool = {
        MetricsSystem.bootstrap(shared)
        return true
    }()

    /// Puts ``shared`` behind swift-metrics; further calls do nothing.
    public static func bootstrap() { _ = isBootstrapped }

    private struct State {
        var families: [String: MetricFamily] = [:]
        var scrapers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    init() {}

    /// Calls `update` before each scrape, for gauges that are computed then. It must not block.
    public func onScrape(_ update: @escaping @Sendable () -> Void) {
        state.withLock { $0.scrapers.append(update) }
    }

    /// All metrics in text format 0.0.4.
    public func exposition() -> [UInt8] {
        let scrapers = state.withLock { $0.scrapers }
        for scraper in scrapers { scraper() }
        let families = state.withLock { $0.families.values.sorted { $0.name < $1.name } }
        var text = ProcessMetrics.exposition()
        for family in families { family.write(to: &text) }
        return Array(text.utf8)
    }

    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind, make: () -> Series
    ) -> Series {
        let name = PrometheusText.metricName(label)
        let labels = PrometheusText.labels(dimensions)
        return state.withLock { state in
            let family: MetricFamily
            if let known = state.families[name] {
                family = known
            } else {
                family = MetricFamily(name: name, kind: kind)
                state.families[name] = family
            }
            return family.series(labels: labels, make: make)
        }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { CounterSeries() }
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter) { FloatingCounterSeries() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { GaugeSeries() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if !aggregate { return series(label, dimensions, .gauge) { GaugeSeries() } }
        return series(label, dimensions, .histogram) {
            HistogramSeries(bounds: PrometheusText.isSeconds(label) ? HistogramSeries.seconds : HistogramSeries.sizes)
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(bounds: HistogramSeries.seconds) }
    }

    // A series lives as long as the process: its values must not vanish from the scrape with the last handle.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}
