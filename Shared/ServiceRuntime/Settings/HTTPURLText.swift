import Foundation

/// Base URLs of other services, as configuration gives them.
enum HTTPURLText {
    static func parse(_ text: String) throws -> String {
        guard let parts = URLComponents(string: text), parts.scheme == "http" || parts.scheme == "https",
            let host = parts.host, !host.isEmpty
        else { throw InvalidValue("must be an http or https URL") }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            // The value is not repeated: it may hold a password.
            throw SettingFault("must have no user, password, query or fragment")
        }
        if let port = parts.port, !(1...65_535).contains(port) { throw InvalidValue("must have a port up to 65535") }
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }
}

/// Like ``InvalidValue``, for faults beside which the value must not be shown.
struct SettingFault: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
