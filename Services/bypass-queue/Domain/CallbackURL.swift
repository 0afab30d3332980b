import Contracts
import InternetAddresses

/// An absolute http or https URL, read strictly, so that no other parser can read it otherwise.
struct CallbackURL: Sendable, Hashable {
    static let maxLength = 2_048

    /// As written, without a fragment.
    let text: String
    /// A name, or an address (IPv6 in brackets).
    let host: String

    /// - Errors: 422 `invalid-callback-url`.
    init(_ text: String) throws(DomainError) {
        guard (1...Self.maxLength).contains(text.utf8.count) else {
            throw Self.invalid("must have at most \(Self.maxLength) characters")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !#""<>\^`{|}"#.utf8.contains($0) }) else {
            throw Self.invalid("must be ASCII; percent-encode everything else, and write names in punycode")
        }
        let lower = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasPrefix($0) }) else {
            throw Self.invalid("must begin with http:// or https://")
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else { throw Self.invalid("must not contain a user or a password") }
        let host = try Self.host(of: authority)
        self.host = host
        self.text = String(text.prefix { $0 != "#" })
    }

    /// With the query that tells the receiver of the bypass.
    func marked(request id: Int64) -> String {
        "\(text)\(text.utf8.contains(UInt8(ascii: "?")) ? "&" : "?")bypass=1&reqid=\(id)"
    }

    /// Letters, digits, `-`, `_` and dots, as names in URLs have them.
    static func isName(_ text: String) -> Bool {
        let labels = (text.hasSuffix(".") ? text.dropLast() : text[...]).split(
            separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy {
                        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
                            || $0 == 95
                    }
            }
    }

    /// In lower case, without the dot that may end a name.
    static func bareName(_ host: String) -> String {
        let lower = host.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }

    private static func host(of authority: Substring) throws(DomainError) -> String {
        let end: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw invalid("has an unfinished IPv6 address") }
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let host = String(authority[..<end])
        let port = authority[end...]
        if !port.isEmpty {
            guard port.hasPrefix(":"), port.utf8.count <= 6, let number = UInt16(port.dropFirst()), number > 0,
                port.dropFirst().utf8.allSatisfy({ (48...57).contains($0) })
            else { throw invalid("must have a port from 1 to 65535") }
        }
        let isAddress = host.hasPrefix("[") && IPAddress(literal: host) != nil
        guard isAddress || isName(host) else { throw invalid("must name a host") }
        return host
    }

    private static func invalid(_ what: String) -> DomainError {
        DomainError(.invalid, slug: "invalid-callback-url", detail: "The callback URL \(what).")
    }
}
