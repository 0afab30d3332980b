import ServiceLifecycle

/// Something that works from the start and only has to be closed: a pool, a producer.
///
/// Stands before whatever uses it, so that it is closed after them.
public struct ClosingService: Service, CustomStringConvertible {
    public let description: String
    private let close: @Sendable () async -> Void

    public init(_ description: String, close: @escaping @Sendable () async -> Void) {
        self.description = description
        self.close = close
    }

    public func run() async throws {
        try? await gracefulShutdown()
        await close()
    }
}
