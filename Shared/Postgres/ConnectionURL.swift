import CPostgres

/// Takes a connection URL apart without ever quoting it: it holds a password.
enum ConnectionURL {
    private static let sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// libpq's keywords that the URL sets, with their values.
    static func parse(_ url: String) throws -> [String: String] {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
            throw fault("does not begin with postgres://")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let first = PQconninfoParse(url, &message) else {
            defer { PQfreemem(message) }
            throw fault(unknownParameter(message.map { String(cString: $0) } ?? "") ?? "cannot be read")
        }
        defer { PQconninfoFree(first) }
        var options: [String: String] = [:]
        var option = first
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return options
    }

    static func check(port: String, sslMode: String?) throws {
        for part in port.split(separator: ",", omittingEmptySubsequences: false) {
            guard let number = Int(part), (1...65_535).contains(number) else {
                throw fault("has a port that is not a number from 1 to 65535")
            }
        }
        if let sslMode, !sslModes.contains(sslMode) {
            throw fault("has an sslmode other than \(sslModes.joined(separator: ", "))")
        }
    }

    static func fault(_ what: String) -> PostgresError {
        PostgresError(.configuration, "the PostgreSQL URL \(what)")
    }

    /// libpq's message is repeated only where it quotes the name of a parameter and nothing else.
    private static func unknownParameter(_ message: String) -> String? {
        guard message.hasPrefix("invalid URI query parameter: \"") else { return nil }
        return "has an unknown parameter " + message.split(separator: "\"").dropFirst().prefix(1).joined()
    }
}
