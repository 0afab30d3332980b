/// Where lines go.
protocol Sink: Sendable {
    /// Delivers the whole batch, in order, or throws; after an error the same batch comes again, so some of its lines
    /// may arrive twice. A line that the target would never take is replaced by one that says so.
    func deliver(_ batch: LineBatch) async throws

    func close() async
}

extension Sink {
    func close() async {}
}
