import InternetAddresses
import Resilience

/// How many requests one caller may make.
public struct RequestRateSettings: Sendable {
    /// `nil`: as many as it likes.
    public let limit: RateLimiterConfiguration?
    /// Proxies whose `X-Forwarded-For` is believed.
    public let trustedProxies: [AddressBlock]

    init(_ settings: inout SettingsReader) throws {
        let rate = try settings.double(
            "HTTP_RATE_LIMIT", default: 0, in: 0...1_000_000, example: 50,
            help: "Requests a second that one caller may make; those beyond get 429 with Retry-After. 0: no limit.")
        let burst = try settings.int(
            "HTTP_RATE_BURST", default: 0, in: 0...1_000_000, example: 100,
            help: "Requests that a caller may make at once after a rest. 0: those of two seconds.")
        let most = burst == 0 ? min(1_000_000, max(1, Int((2 * rate).rounded(.up)))) : burst
        limit = try rate == 0 ? nil : RateLimiterConfiguration(rate: max(rate, 0.001), burst: most)
        trustedProxies =
            try settings.optionalValue(
                "HTTP_TRUSTED_PROXIES", example: "10.0.0.0/8,fd00::/8",
                help: """
                    Addresses and blocks of the proxies in front, with commas: a request that comes from one of them is \
                    counted for the address that its X-Forwarded-For names. From others that header is ignored.
                    """,
                parse: Self.blocks) ?? []
    }

    private static func blocks(_ text: String) throws -> [AddressBlock] {
        try text.split(separator: ",").map { entry in
            guard let block = AddressBlock(entry.filter { $0 != " " }) else {
                throw InvalidValue("must be addresses or blocks such as 10.0.0.0/8, with commas")
            }
            return block
        }
    }
}
