/// Where lines go.
protocol Sink: Sendable {
    /// Delivers the whole batch, in order, or throws; after an error the same batch comes again, so some of its lines
    /// may arrive twice. A line that the target would never take is replaced by one that says so.
    func deliver(_ batch: LineBatch) async throws

    /// How many batches may be on their way at once.
    var maxInFlight: Int { get }

    /// Begins to deliver a batch, in order behind those that were begun before; it has arrived once the delivery's
    /// `finish` returns.
    func begin(_ batch: LineBatch) async throws -> Delivery

    func close() async
}

/// A batch on its way.
struct Delivery: Sendable {
    let finish: @Sendable () async throws -> Void
}

extension Sink {
    var maxInFlight: Int { 1 }

    func begin(_ batch: LineBatch) async throws -> Delivery {
        try await deliver(batch)
        return Delivery {}
    }

    func close() async {}
}
