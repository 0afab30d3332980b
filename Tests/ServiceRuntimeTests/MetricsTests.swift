import CoreMetrics
import Testing

@testable import ServiceRuntime

@Suite("Prometheus text")
struct MetricsTests {
    private let registry = PrometheusRegistry()

    private var lines: [Substring] {
        String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n")
    }

    @Test("counters and gauges with labels, one TYPE for each name")
    func scalars() {
        let first = Counter(label: "jobs_total", dimensions: [("kind", "a\"\\\nb")], factory: registry)
        let second = Counter(label: "jobs_total", dimensions: [("kind", "a\"\\\nb")], factory: registry)
        first.increment()
        second.increment(by: 2)
        Gauge(label: "queue.depth", factory: registry).record(2.5)
        FloatingPointCounter(label: "seconds_total", factory: registry).increment(by: 0.25)
        Meter(label: "level", factory: registry).increment(by: 3)
        #expect(lines.contains(#"jobs_total{kind="a\"\\\nb"} 3"#))
        #expect(lines.contains("queue_depth 2.5") && lines.contains("seconds_total 0.25") && lines.contains("level 3"))
        #expect(lines.filter { $0 == "# TYPE jobs_total counter" }.count == 1)
        #expect(lines.contains("# TYPE queue_depth gauge") && lines.contains("# HELP jobs_total jobs total"))
    }

    @Test("timers are histograms in seconds")
    func timers() {
        let timer = Timer(label: "wait_seconds", dimensions: [("pool", "p")], factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(30)
        timer.recordSeconds(100)
        #expect(lines.contains(#"wait_seconds_bucket{pool="p",le="0.001"} 1"#))
        #expect(lines.contains(#"wait_seconds_bucket{pool="p",le="0.05"} 2"#))
        #expect(lines.contains(#"wait_seconds_bucket{pool="p",le="+Inf"} 3"#))
        #expect(
            lines.contains(#"wait_seconds_count{pool="p"} 3"#) && lines.contains(#"wait_seconds_sum{pool="p"} 100.031"#)
        )
    }

    @Test("recorders are histograms of sizes")
    func recorders() {
        Recorder(label: "batch_size", factory: registry).record(70)
        #expect(lines.contains(#"batch_size_bucket{le="50"} 0"#) && lines.contains(#"batch_size_bucket{le="100"} 1"#))
    }

    @Test("two kinds under one name do not disturb each other")
    func clash() {
        Counter(label: "x", factory: registry).increment()
        Gauge(label: "x", factory: registry).record(9)
        #expect(lines.contains("x 1") && !lines.contains("x 9"))
    }

    @Test("gauges are computed at scrape, the process tells of itself")
    func scrape() {
        let gauge = Gauge(label: "age", factory: registry)
        registry.onScrape { gauge.record(5) }
        #expect(lines.contains("age 5"))
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
            #expect(lines.contains { $0.hasPrefix("\(name) ") })
        }
        #expect((ProcessMetrics.residentMemory() ?? 0) > 1_000_000)
    }
}
