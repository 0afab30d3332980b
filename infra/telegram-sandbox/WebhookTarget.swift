import Foundation

/// Where updates go: `http://host[:port]/path`.
struct WebhookTarget: Sendable, Hashable {
    var host: String
    var port: Int
    var path: String
    /// Sent along, so that the receiver knows who calls.
    var secret: String?

    init?(url: String, secret: String?) {
        guard let parts = URLComponents(string: url), parts.scheme?.lowercased() == "http",
            let host = parts.host, !host.isEmpty
        else { return nil }
        self.host = host
        self.port = parts.port ?? 80
        let query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
        self.path = (parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath) + query
        self.secret = secret
    }
}
