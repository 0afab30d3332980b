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
        try await counted { try await sink.deliver(batch) }
        sent.increment(by: batch.count)
    }

    private func counted<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            if !Task.isCancelled { failures.increment() }
            throw error
        }
    }

    var maxInFlight: Int { sink.maxInFlight }

    func begin(_ batch: LineBatch) async throws -> Delivery {
        guard sink.maxInFlight > 1 else {
            try await deliver(batch)
            return Delivery {}
        }
        let delivery = try await counted { try await sink.begin(batch) }
        return Delivery {
            try await counted { try await delivery.finish() }
            sent.increment(by: batch.count)
        }
    }

    func close() async { await sink.close() }
}
