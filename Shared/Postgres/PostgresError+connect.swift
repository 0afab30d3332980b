extension PostgresError {
    /// Why a connection could not be made; `message` is libpq's own text.
    static func couldNotConnect(_ configuration: PostgresConfiguration, message: String, needsPassword: Bool)
        -> PostgresError
    {
        let state = needsPassword ? SQLState.invalidPassword : SQLState.inConnectMessage(message)
        let server = "PostgreSQL at \(configuration.address)"
        let text =
            switch state {
            case _ where needsPassword: "\(server) wants a password for user \"\(configuration.user)\""
            case SQLState.invalidPassword?: "\(server) refused user \"\(configuration.user)\": wrong user or password"
            case SQLState.invalidAuthorization?: "\(server) does not admit user \"\(configuration.user)\""
            case SQLState.notAllowed?: "\(server): user \"\(configuration.user)\" may not connect to it"
            case SQLState.unknownDatabase?: "\(server): the database does not exist"
            case SQLState.tooManyConnections?: "\(server) has no connection to spare"
            case SQLState.cannotConnectNow?: "\(server) is starting up or shutting down"
            case let state?: "\(server) refused the connection (SQLSTATE \(state))"
            case nil: "\(server) cannot be reached\(reason(in: message))"
            }
        var error = PostgresError(.connection, text, detail: message, sqlState: state)
        error.isUntrusted = state == nil && isAboutTrust(message)
        return error
    }

    /// libpq has no code for it; its messages are in English, as nobody here calls `setlocale`.
    private static func isAboutTrust(_ message: String) -> Bool {
        message.contains("certificate") || message.contains("does not support SSL")
    }

    static func connectTimedOut(_ configuration: PostgresConfiguration) -> PostgresError {
        let limit = configuration.connectTimeout
        return PostgresError(.connection, "PostgreSQL at \(configuration.address) did not answer within \(limit)")
    }

    /// The operating system's or libpq's reason: what follows `failed: ` on the first line.
    private static func reason(in message: String) -> String {
        let line = message.prefix { $0 != "\n" }
        guard let end = line.firstRange(of: "failed: ")?.upperBound else { return "" }
        return ": " + line[end...]
    }
}
