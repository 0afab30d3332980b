import Metrics

/// A sink whose deliveries are counted under its own name, also as a member of a group.
struct CountedSink: Sink {
    private let sink: any Sink
    private let sent: Counter
    private let failures: Counter

    init(_ sink: any Sink, name: String) {
        self.sink = sink
        sent = Counter(label: "collector_lines_sent_total", dimensions: [("sink", name)])
        failures = Counter(label: "collector_deliveries_failed_total", dimensions: [("sink", name)])
    }

    func deliver(_ batch: LineBatch) async throws {
        do {
            try await sink.deliver(batch)
            sent.increment(by: batch.count)
        } catch {
            if !Task.isCancelled { failures.increment() }
            throw error
        }
    }

    func close() async { await sink.close() }
}
