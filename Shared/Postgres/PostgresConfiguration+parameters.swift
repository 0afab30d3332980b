extension PostgresConfiguration {
    /// The keywords and values to connect with.
    ///
    /// Keep-alives find a peer that vanished while we wait for it, `tcp_user_timeout` one that vanished while we send.
    var parameters: [String: String] {
        var parameters = [
            "gssencmode": "disable",
            "keepalives": "1",
            "keepalives_idle": "2",
            "keepalives_interval": "1",
            "keepalives_count": "3",
        ]
        parameters.merge(others) { $1 }
        parameters["host"] = host
        parameters["port"] = port
        parameters["user"] = user
        parameters["dbname"] = database
        parameters["application_name"] = applicationName
        parameters["client_encoding"] = "UTF8"
        parameters["tcp_user_timeout"] = String(tcpUserTimeout.milliseconds)
        parameters["options"] = options
        return parameters
    }

    /// Session settings that the server applies while the connection is made, without a round trip of their own.
    private var options: String {
        var settings = [
            "TimeZone=UTC",
            "statement_timeout=\(statementTimeout.milliseconds)",
            "idle_in_transaction_session_timeout=\(idleInTransactionTimeout.milliseconds)",
            // Our statements are prepared, and planned while their tables are still small: a plan that reads a whole
            // table would be kept while it grows. Every statement has its index.
            "enable_seqscan=off",
            // What has to read a whole table all the same, as catalogues are, would look worth being compiled first.
            "jit=off",
        ]
        if let idleSessionTimeout { settings.append("idle_session_timeout=\(idleSessionTimeout.milliseconds)") }
        settings += sessionSettings
        let ours = settings.map { "-c \($0)" }.joined(separator: " ")
        return others["options"].map { "\(ours) \($0)" } ?? ours
    }

    /// How long to wait for an answer; the server's own limit comes first. `nil`: without limit.
    var answerTimeout: Duration? { statementTimeout == .zero ? nil : statementTimeout + .seconds(5) }
}

extension Duration {
    /// Whole milliseconds, rounded up and never negative.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return max(0, seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
