/// Takes everything and keeps nothing; for measuring what lies before it.
struct NullSink: Sink {
    func deliver(_ batch: LineBatch) async throws {}
}

extension NullSink {
    struct Settings: SinkSettings {
        static let type = "null"
        init(_ section: inout Section) throws(ConfigFault) {}
        func make(_ context: ComponentContext) throws -> any Sink { NullSink() }
    }
}
