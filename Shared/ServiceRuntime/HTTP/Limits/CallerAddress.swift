import HTTPTypes
import InternetAddresses
import NIOCore

/// Who makes a request, as far as limits go: an address, of IPv6 the network of 64 bits that one customer has.
struct CallerAddress: Sendable, Hashable {
    private let key: [UInt8]

    /// - Parameters:
    ///   - peer: Who is connected.
    ///   - headers: `X-Forwarded-For` counts only as far as trusted proxies have written it: from its end, up to the
    ///     first address that is none of theirs. What stands before that anybody may have made up.
    init(peer: IPAddress?, headers: HTTPFields, trusted: [AddressBlock]) {
        var address = peer?.embedded
        if !trusted.isEmpty {
            var hops = headers[values: .forwardedFor].flatMap { $0.split(separator: ",") }
            while let current = address, trusted.contains(where: { $0.contains(current) }), let hop = hops.popLast(),
                let next = IPAddress(literal: String(hop.trimmingPrefix(while: { $0 == " " }).prefix { $0 != " " }))
            {
                address = next.embedded
            }
        }
        switch address {
        case .v4?: key = address?.bytes ?? []
        case .v6(let bytes)?: key = Array(bytes.prefix(8))
        case nil: key = []
        }
    }
}

extension IPAddress {
    /// `nil` for a Unix socket.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address)?:
            self.init(bytes: withUnsafeBytes(of: address.address.sin_addr) { Array($0) })
        case .v6(let address)?:
            self.init(bytes: withUnsafeBytes(of: address.address.sin6_addr) { Array($0) })
        default: return nil
        }
    }
}
