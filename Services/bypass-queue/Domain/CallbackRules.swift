import Contracts
import InternetAddresses

/// Which callbacks may be made: everything on the public Internet, and what the operator allows besides.
struct CallbackRules: Sendable, Hashable {
    /// Names whose addresses are not looked at, in lower case.
    private let names: Set<String>
    private let blocks: [AddressBlock]

    /// What is neither public nor safe: this network, private, shared, loopback, link-local, reserved, benchmarking,
    /// documentation, multicast, and the metadata services that hide among public addresses.
    ///
    /// Source: IANA IPv4 and IPv6 Special-Purpose Address Registries.
    private static let refused: [AddressBlock] = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        "::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ].compactMap(AddressBlock.init)

    /// - Parameter allowed: `CALLBACK_ALLOW`: names, addresses and CIDR blocks, with commas.
    /// - Errors: The entry that is none of these, as the error's text.
    init(allowed text: String) throws(InvalidEntry) {
        var names: Set<String> = []
        var blocks: [AddressBlock] = []
        for entry in text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) {
            if let block = AddressBlock(entry) {
                blocks.append(block)
            } else if CallbackURL.isName(entry) {
                names.insert(entry.lowercased())
            } else {
                throw InvalidEntry(description: "must be hosts, addresses or blocks such as 10.1.0.0/16, with commas")
            }
        }
        self.names = names
        self.blocks = blocks
    }

    struct InvalidEntry: Error, CustomStringConvertible {
        let description: String
    }

    /// Whether a callback to this address may be made.
    ///
    /// - Parameter host: As the URL names it.
    func permits(_ address: IPAddress, host: String) -> Bool {
        if names.contains(CallbackURL.bareName(host)) { return true }
        if blocks.contains(where: { $0.contains(address) || $0.contains(address.embedded) }) { return true }
        return !Self.refused.contains { $0.contains(address) || $0.contains(address.embedded) }
    }

    /// Checks a URL as far as it can be checked without looking anything up.
    ///
    /// - Errors: 422 `invalid-callback-url` or `callback-refused`.
    func check(_ text: String) throws(DomainError) -> CallbackURL {
        let url = try CallbackURL(text)
        if let address = IPAddress(literal: url.host), !permits(address, host: url.host) {
            throw DomainError(
                .invalid, slug: "callback-refused",
                detail: """
                    The callback URL points to an address that is not public; the operator can permit it with \
                    CALLBACK_ALLOW.
                    """)
        }
        return url
    }
}
