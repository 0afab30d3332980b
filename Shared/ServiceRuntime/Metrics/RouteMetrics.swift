import HTTPTypes
import Metrics
import NIOCore
import Synchronization

/// The counters and the histogram of one route, made once so that a request pays for no look-up by label.
final class RouteMetrics: Sendable {
    private struct Key: Hashable {
        let method: String
        let status: Int
    }

    private let route: String
    private let duration: Metrics.Timer
    private let counters = Mutex<[Key: Counter]>([:])

    init(route: String) {
        self.route = route
        duration = Metrics.Timer(label: "http_request_duration_seconds", dimensions: [("route", route)])
    }

    func record(method: HTTPRequest.Method, status: Int, elapsed: TimeAmount) {
        let key = Key(method: Self.known.contains(method) ? method.rawValue : "other", status: status)
        let counter = counters.withLock { counters in
            if let counter = counters[key] { return counter }
            let counter = Counter(
                label: "http_requests_total",
                dimensions: [("method", key.method), ("route", route), ("status", String(status))])
            counters[key] = counter
            return counter
        }
        counter.increment()
        duration.recordNanoseconds(elapsed.nanoseconds)
    }

    private static let known: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]
}
