import HTTPTypes
import InternetAddresses
import Resilience

/// Keeps each caller of one server to its share.
final class RequestRateLimit: Sendable {
    private let limiter: KeyedRateLimiter<CallerAddress>
    private let trustedProxies: [AddressBlock]

    /// `nil` without a limit.
    init?(_ settings: RequestRateSettings) {
        guard let limit = settings.limit else { return nil }
        limiter = KeyedRateLimiter(configuration: limit)
        trustedProxies = settings.trustedProxies
    }

    /// What to answer a request that is too many; `nil` lets it in.
    func refusal(of head: HTTPRequest, from peer: IPAddress?) -> Problem? {
        do {
            _ = try limiter.reserve(for: CallerAddress(peer: peer, headers: head.headerFields, trusted: trustedProxies))
            return nil
        } catch {
            return .rateLimited(retryAfter: error.retryAfter ?? .seconds(1))
        }
    }
}

extension Problem {
    static func rateLimited(retryAfter: Duration) -> Problem {
        let (seconds, attoseconds) = retryAfter.components
        let wait = max(1, seconds + (attoseconds > 0 ? 1 : 0))
        return Problem(
            status: .tooManyRequests, slug: "rate-limited",
            detail: "You make more requests than one caller may; try again after \(wait) s.",
            headers: [.retryAfter: String(wait)])
    }
}
