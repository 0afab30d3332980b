import Logging
import Metrics
import ServiceLifecycle
import ServiceRuntime

/// All sources, channels and sinks of a plan, running.
struct Collector: Service, CustomStringConvertible {
    /// How long sinks may still deliver what waits after the sources have ended.
    private static let drainTime: Duration = .seconds(3)

    let sources: [(source: any Source, intake: Intake)]
    let channels: [(name: String, channel: any Channel)]
    let sinks: [SinkRunner]
    let logger: Logger

    var description: String { "Collector" }

    /// Runs until the service is told to stop: the sources end first, then the sinks once their channels are empty.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for sink in sinks {
                group.addTask { await report("a sink has ended") { try await sink.run() } }
            }
            await runSources()
            let deadline = ContinuousClock.now + Self.drainTime
            while channels.contains(where: { $0.channel.waiting.lines > 0 }), ContinuousClock.now < deadline,
                !Task.isCancelled
            {
                try? await Task.sleep(for: .milliseconds(10))
            }
            group.cancelAll()
        }
        for sink in sinks { await sink.sink.close() }
        for (_, channel) in channels { await channel.close() }
    }

    private func runSources() async {
        await withTaskGroup(of: Void.self) { group in
            for (source, intake) in sources {
                group.addTask { await report("a source has ended") { try await source.run(into: intake) } }
            }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func report(_ complaint: Logger.Message, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            if !Task.isCancelled { logger.error(complaint, metadata: ["error": "\(error)"]) }
        }
    }

    /// Gauges that are read when somebody asks for metrics.
    func exposeGauges(_ metrics: PrometheusRegistry) {
        for (name, channel) in channels {
            let lines = Gauge(label: "collector_lines_waiting", dimensions: [("channel", name)])
            let bytes = Gauge(label: "collector_bytes_waiting", dimensions: [("channel", name)])
            metrics.onScrape {
                let fill = channel.waiting
                lines.record(fill.lines)
                bytes.record(fill.bytes)
            }
        }
    }
}
