import ServiceRuntime
import Synchronization

/// Takes lines over HTTP, from other collectors and anybody else: `POST /sources/<name>/lines`, a line each.
///
/// The answer comes once the lines cannot be lost here any more. Lines that a collector has numbered keep their ids.
final class HTTPSource: Source, RouteModule {
    private static let bodyLimit = 16 << 20
    private static let timeout: Duration = .seconds(30)

    private let name: String
    private let maxLine: Int
    private let intake = Mutex<Intake?>(nil)

    init(name: String, maxLine: Int) {
        self.name = name
        self.maxLine = maxLine
    }

    func run(into intake: Intake) async throws {
        self.intake.withLock { $0 = intake }
        defer { self.intake.withLock { $0 = nil } }
        while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
    }

    func register(on router: ServiceRouter) {
        router.post("/sources/\(name)/lines", for: [.service]) { [self] request, _ in
            var splitter = LineSplitter(offset: 0, maxLine: maxLine)
            let lines = splitter.take(try await request.bytes(limit: Self.bodyLimit), isEnd: true)
            guard let intake = intake.withLock({ $0 }) else { throw Self.unavailable }
            try await within(Self.timeout) {
                try await intake.accept(lines.map { .init(body: $0.body, isTruncated: $0.isTruncated) })
            }
            return Answer.json(["accepted": lines.count])
        }
    }

    /// Gives up after a while: a channel that is full and a sink that is away must not hold requests for ever.
    private func within(_ limit: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return false
            }
            let isDone = try await group.next() ?? false
            group.cancelAll()
            if !isDone { throw Self.unavailable }
        }
    }

    private static let unavailable = DomainError(
        .unavailable, slug: "channel-full", detail: "The lines cannot be taken now; send them again.", retryAfter: 1)

    struct Settings: SourceSettings {
        static let type = "http"
        let maxLine: Int

        init(_ section: inout Section) throws(ConfigFault) {
            maxLine = try section.bytes("maxLine", default: 300 << 10)
        }

        func make(_ context: ComponentContext) throws -> any Source {
            HTTPSource(name: context.name, maxLine: maxLine)
        }
    }
}
