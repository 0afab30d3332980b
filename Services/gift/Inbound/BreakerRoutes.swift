import Contracts
import Resilience
import ServiceRuntime

/// The operator's route of one circuit breaker: see it, and force it. It concerns this replica alone.
struct BreakerRoutes: RouteModule {
    let breaker: CircuitBreaker

    func register(on router: ServiceRouter) {
        let path = "/operator/breakers/\(breaker.name)"
        router.get(path, for: [.operator]) { _, _ in Answer.json(BreakerAnswer(breaker)) }
        router.put(path, for: [.operator]) { request, context in
            breaker.set(try await request.decode(BreakerBody.self, context).mode.mode)
            return Answer.json(BreakerAnswer(breaker))
        }
    }
}

/// The body of `PUT /operator/breakers/{name}`.
struct BreakerBody: JSONBody {
    enum Mode: String, CaseIterable {
        case automatic = "Automatic"
        case forcedOpen = "ForcedOpen"
        case forcedClosed = "ForcedClosed"

        var mode: CircuitBreakerMode {
            switch self {
            case .automatic: .automatic
            case .forcedOpen: .forcedOpen
            case .forcedClosed: .forcedClosed
            }
        }
    }

    static let fields = ["mode"]
    let mode: Mode

    init(_ fields: inout JSONFields) throws { mode = try fields.choice("mode") }
}

/// A breaker as the operator sees it; rates are `null` while there are too few calls to judge.
struct BreakerAnswer: Encodable, Sendable {
    private let name: String
    private let snapshot: CircuitBreakerSnapshot

    init(_ breaker: CircuitBreaker) {
        name = breaker.name
        snapshot = breaker.snapshot
    }

    private enum Key: CodingKey {
        case name, state, calls, failures, slowCalls, failureRate, slowCallRate, probesInFlight, retryAfterSeconds
        case transitions, totals
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(snapshot.state.title, forKey: .state)
        try container.encode(snapshot.calls, forKey: .calls)
        try container.encode(snapshot.failures, forKey: .failures)
        try container.encode(snapshot.slowCalls, forKey: .slowCalls)
        try container.encode(snapshot.failureRate, forKey: .failureRate)
        try container.encode(snapshot.slowCallRate, forKey: .slowCallRate)
        try container.encode(snapshot.probesInFlight, forKey: .probesInFlight)
        try container.encode(snapshot.retryAfter.map { $0 / .seconds(1) }, forKey: .retryAfterSeconds)
        try container.encode(snapshot.transitions, forKey: .transitions)
        let totals = CallOutcome.allCases.map { ($0.rawValue, snapshot.totals[$0] ?? 0) }
        try container.encode(Dictionary(uniqueKeysWithValues: totals), forKey: .totals)
    }
}

extension CircuitBreakerState {
    /// As answers write it: `HalfOpen`.
    var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}
