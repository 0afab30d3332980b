import Dispatch
import ServiceRuntime
import Synchronization

/// What a test changes of the test service.
struct TestConfiguration: ServiceConfiguration {
    var runtime: RuntimeConfiguration
    var hooks = TestHooks()

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 0)
    }

    init(_ environment: [String: String] = [:], hooks: TestHooks = TestHooks()) throws {
        var settings = SettingsReader(environment: environment.merging(["HTTP_PORT": "0"]) { old, _ in old })
        try self.init(&settings)
        self.hooks = hooks
    }
}

/// What tests do to the service while it runs.
final class TestHooks: Sendable {
    /// Fast requests that wait for an answer from the test.
    let pendingFast = Mutex<[(id: Int64, responder: FastResponder)]>([])
    /// `/slow` answers when this opens.
    let slow = TestGate()
    let slowStarted = Mutex(0)
    let stopped = Mutex<[String]>([])
    let preflight: @Sendable () async throws -> Void
    let databaseIsUp = Atomic<Bool>(true)
    let probes = Mutex(0)
    /// A gathered request with the body "block" says that it is there, and keeps its event loop until it may go.
    let isLoopBlocked = Atomic<Bool>(false)
    let loopMayGo = DispatchSemaphore(value: 0)

    init(preflight: @escaping @Sendable () async throws -> Void = {}) { self.preflight = preflight }

    /// The oldest fast request that waits.
    func nextFast() async throws -> (id: Int64, responder: FastResponder) {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let first = pendingFast.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return first }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw RawConnection.TimedOut(received: "no fast request came")
    }
}

struct StoreAway: Error, CustomStringConvertible {
    var description: String { "the store is away" }
}

struct WrongPassword: Error, CustomStringConvertible {
    var description: String { "the password is refused" }
}

enum TestService: ServiceDefinition {
    static let name = "test"
    static let abstract = "A service for tests."
    static let openAPI = "openapi: 3.1.0\n"

    static func build(_ configuration: TestConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let hooks = configuration.hooks
        context.readiness.add("database", decides: true) {
            hooks.probes.withLock { $0 += 1 }
            return hooks.databaseIsUp.load(ordering: .relaxed) ? .pass() : .fail("not reachable")
        }
        let turns = TurnBatches<[FastResponder]>(make: { [] }, finish: answerTogether)
        context.readiness.add("broker", decides: false) { .fail("not reachable") }
        return ServiceAssembly(
            services: [StopRecorder("store", hooks), StopRecorder("consumer", hooks)],
            routes: [TestRoutes(hooks: hooks)],
            fastRoutes: [
                FastRoute(prefix: "/fast/", route: "/fast/{id}", for: [.customer, .operator]) {
                    answerFast($0, $1, hooks)
                },
                FastRoute(post: "/written", maxBody: 1_000, handle: answerWritten),
                FastRoute(post: "/gathered", maxBody: 1_000) { request, responder in
                    if String(buffer: request.body) == "block" {
                        hooks.isLoopBlocked.store(true, ordering: .relaxed)
                        hooks.loopMayGo.wait()
                    }
                    turns.add(for: responder) { $0.append(responder) }
                    return true
                },
                FastRoute(
                    post: "/boxes/", suffix: "/notes", route: "/boxes/{name}/notes", maxBody: 1_000,
                    handle: answerWritten),
            ],
            preflight: hooks.preflight)
    }

    static func isUnavailable(_ error: any Error) -> Bool { error is StoreAway }

    /// Tells each how many came in its turn, itself included.
    @Sendable private static func answerTogether(_ turn: [FastResponder]) {
        for responder in turn { responder.succeed(FastAnswer(json: Array("\(turn.count)".utf8))) }
    }

    /// Echoes the body; one that begins with "slow" falls through.
    @Sendable private static func answerWritten(_ request: FastRequest, _ responder: FastResponder) -> Bool {
        let body = String(buffer: request.body)
        guard !body.hasPrefix("slow") else { return false }
        responder.succeed(FastAnswer(json: Array(#"{"fast":"\#(body)","query":"\#(request.remainder)"}"#.utf8)))
        return true
    }

    /// 1…999 answers at once, 1000… waits for the test, anything else falls through.
    private static func answerFast(_ request: FastRequest, _ responder: FastResponder, _ hooks: TestHooks) -> Bool {
        guard let id = request.id else { return false }
        if id == 404 {
            responder.fail(DomainError(.notFound, slug: "unknown-thing", detail: "There is no thing 404."))
        } else if id < 1000 {
            let own = request.scope == .everyone ? "" : #","scope":"\#(request.scope)""#
            responder.succeed(FastAnswer(json: Array(#"{"fast":\#(id)\#(own)}"#.utf8)))
        } else if id != 1666 {
            hooks.pendingFast.withLock { $0.append((id, responder)) }
        }
        return true
    }
}

/// A service that writes down when it was stopped.
struct StopRecorder: Service, CustomStringConvertible {
    let description: String
    let hooks: TestHooks

    init(_ name: String, _ hooks: TestHooks) {
        description = name
        self.hooks = hooks
    }

    func run() async throws {
        try await gracefulShutdown()
        hooks.stopped.withLock { $0.append(description) }
    }
}
