import HTTPTypes
import NIOCore
import Synchronization

/// What all connections of one server share: limits, counts, fast routes and whether it is draining.
final class ServerState: Sendable {
    let maxConnections: Int
    let maxInFlight: Int
    let idleTimeout: TimeAmount
    let headerTimeout: TimeAmount
    let bodyTimeout: TimeAmount
    let rateLimit: RequestRateLimit?
    let sendBuffer: Int?
    let fastRoutes: [(route: FastRoute, metrics: RouteMetrics)]
    private let authorizer: Authorizer?
    /// Requests that no route saw because a limit or a parse error came first.
    let refused = RouteMetrics(route: "refused")

    private let connections = Atomic<Int>(0)
    private let requests = Atomic<Int>(0)
    private let draining = Atomic<Bool>(false)

    /// - Parameter authorizer: Who is let in; `nil` lets everybody in.
    init(_ runtime: RuntimeConfiguration, fastRoutes: [FastRoute], authorizer: Authorizer?) {
        self.authorizer = authorizer
        maxConnections = runtime.maxConnections
        maxInFlight = runtime.maxInFlight
        idleTimeout = TimeAmount(runtime.idleTimeout)
        headerTimeout = TimeAmount(runtime.headerTimeout)
        bodyTimeout = TimeAmount(runtime.bodyTimeout)
        rateLimit = RequestRateLimit(runtime.requestRate)
        sendBuffer = runtime.sendBuffer
        self.fastRoutes = fastRoutes.map { ($0, RouteMetrics(route: $0.route)) }
    }

    var asksForTokens: Bool { authorizer != nil }

    /// Whose data the sender of a request may see on a fast route; `nil` leaves the request to the ordinary route.
    func scope(of head: HTTPRequest, on route: FastRoute) -> Scope? {
        guard let authorizer, !route.access.isOpen else { return .everyone }
        return authorizer.remembered(head, route.access).map(route.access.scope(of:))
    }

    /// From now on every answer closes its connection.
    func startDraining() { draining.store(true, ordering: .relaxed) }
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    var connectionCount: Int { connections.load(ordering: .relaxed) }
    var requestCount: Int { requests.load(ordering: .relaxed) }

    /// Counts a connection in; the result is how many there are now.
    func connectionOpened() -> Int { connections.wrappingAdd(1, ordering: .relaxed).newValue }
    func connectionClosed() { connections.wrappingSubtract(1, ordering: .relaxed) }

    /// Counts a request in, unless there are too many; probes always are.
    func requestStarted(isProbe: Bool) -> Bool {
        let count = requests.wrappingAdd(1, ordering: .relaxed).newValue
        if isProbe || count <= maxInFlight { return true }
        requests.wrappingSubtract(1, ordering: .relaxed)
        return false
    }
    func requestEnded() { requests.wrappingSubtract(1, ordering: .relaxed) }

    /// Paths that are answered whatever the load.
    static func isProbe(_ path: String?) -> Bool {
        switch path {
        case "/livez", "/readyz", "/metrics": true
        default: false
        }
    }
}
