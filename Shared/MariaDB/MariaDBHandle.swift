import CMariaDB
import Glibc

/// The one owner of a `MYSQL`: connects in `init`, disconnects in ``close()`` or at the latest in `deinit`.
final class MariaDBHandle {
    private static let library: Bool = mysql_server_init(0, nil, nil) == 0

    private(set) var pointer: UnsafeMutablePointer<MYSQL>?
    /// The live statements; they must outlive `mysql_close`, which marks them, and be freed after it.
    private var statements: [ObjectIdentifier: MariaDBStatement] = [:]

    init(_ configuration: MariaDBConfiguration) throws(MariaDBError) {
        guard Self.library, let pointer = mysql_init(nil) else {
            throw MariaDBError(.connection, errno: 2008, summary: "the MariaDB client library could not start")
        }
        self.pointer = pointer
        setOptions(configuration, on: pointer)
        guard
            mysql_real_connect(
                pointer, configuration.host, configuration.user, configuration.password,
                configuration.database.isEmpty ? nil : configuration.database, UInt32(configuration.port), nil, 0
            ) != nil
        else {
            let error = lastError(.connection)
            close()
            throw error
        }
        try prepareSession(configuration)
    }

    deinit { close() }

    /// The socket's descriptor.
    var descriptor: Int32 { pointer.map { Int32(mysql_get_socket($0)) } ?? -1 }

    func adopt(_ statement: MariaDBStatement) { statements[ObjectIdentifier(statement)] = statement }

    func release(_ statement: MariaDBStatement) {
        statements[ObjectIdentifier(statement)] = nil
        statement.close()
    }

    /// Says goodbye to the server if it can be reached; may be called twice.
    func close() {
        guard let pointer else { return }
        self.pointer = nil
        mysql_close(pointer)
        for statement in statements.values { statement.close() }
        statements = [:]
    }

    /// Runs SQL without parameters through the text protocol and drops what it returns.
    ///
    /// - Returns: The affected rows of the last statement.
    @discardableResult
    func run(_ sql: String) throws(MariaDBError) -> Int {
        guard let pointer else { throw .closed }
        var sql = sql
        guard sql.withUTF8({ mysql_real_query(pointer, $0.baseAddress, UInt($0.count)) }) == 0 else {
            throw lastError(.query)
        }
        var affected = 0
        while true {
            if let result = mysql_store_result(pointer) {
                mysql_free_result(result)
            } else if mysql_errno(pointer) != 0 {
                throw lastError(.query)
            } else {
                affected = Int(truncatingIfNeeded: mysql_affected_rows(pointer))
            }
            let next = mysql_next_result(pointer)
            if next > 0 { throw lastError(.query) }
            if next < 0 { return affected }
        }
    }

    /// Allows several statements in one ``run(_:)`` while `body` runs.
    func withSeveralStatements(_ body: () throws(MariaDBError) -> Void) throws(MariaDBError) {
        guard let pointer else { throw .closed }
        guard mysql_set_server_option(pointer, MYSQL_OPTION_MULTI_STATEMENTS_ON) == 0 else {
            throw lastError(.query)
        }
        defer { mysql_set_server_option(pointer, MYSQL_OPTION_MULTI_STATEMENTS_OFF) }
        try body()
    }

    func lastError(_ code: MariaDBError.Code) -> MariaDBError {
        guard let pointer else { return .closed }
        return MariaDBError(
            code, errno: mysql_errno(pointer), sqlState: String(cString: mysql_sqlstate(pointer)),
            message: String(cString: mysql_error(pointer))
        )
    }

    private func setOptions(_ configuration: MariaDBConfiguration, on pointer: UnsafeMutablePointer<MYSQL>) {
        func set(_ option: mysql_option, seconds: Duration) {
            var value = UInt32(max(1, seconds.components.seconds))
            mysql_options(pointer, option, &value)
        }
        func set(_ option: mysql_option, flag: Bool) {
            var value: my_bool = flag ? 1 : 0
            mysql_options(pointer, option, &value)
        }
        set(MYSQL_OPT_CONNECT_TIMEOUT, seconds: configuration.connectTimeout)
        set(MYSQL_OPT_READ_TIMEOUT, seconds: configuration.readTimeout)
        set(MYSQL_OPT_WRITE_TIMEOUT, seconds: configuration.writeTimeout)
        // A silent reconnect would forget the session's settings, its transaction and its statements.
        set(MYSQL_OPT_RECONNECT, flag: false)
        // "localhost" would otherwise mean the default Unix socket, whatever the port says.
        var transport = UInt32(MYSQL_PROTOCOL_TCP.rawValue)
        mysql_options(pointer, MYSQL_OPT_PROTOCOL, &transport)
        var localFiles: UInt32 = 0
        mysql_options(pointer, MYSQL_OPT_LOCAL_INFILE, &localFiles)
        mysql_options(pointer, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        cmariadb_add_connect_attribute(pointer, "program_name", configuration.applicationName)
        set(MYSQL_OPT_SSL_ENFORCE, flag: configuration.encryption != .disable)
        set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, flag: configuration.encryption == .verifyFull)
        if let file = configuration.certificateAuthorities { mysql_options(pointer, MYSQL_OPT_SSL_CA, file) }
    }

    private func prepareSession(_ configuration: MariaDBConfiguration) throws(MariaDBError) {
        do {
            try run(
                """
                SET SESSION time_zone = '+00:00',
                  sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
                NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY',
                  tx_isolation = 'READ-COMMITTED', autocommit = 1,
                  max_statement_time = \(configuration.statementTimeout.secondsText),
                  innodb_lock_wait_timeout = \(max(1, configuration.lockTimeout.components.seconds)),
                  idle_transaction_timeout = \(max(1, configuration.idleInTransactionTimeout.components.seconds))
                """)
        } catch {
            close()
            throw error
        }
    }
}

extension MariaDBError {
    static let closed = MariaDBError(.connection, errno: 2006, message: "")

    /// What the server or the client library reported.
    init(_ code: Code, errno: UInt32, sqlState: String? = nil, message: String) {
        let isConnection = MariaDBErrorNumber.connectionLost.contains(errno)
        self.init(
            isConnection ? .connection : code, errno: errno,
            // "HY000" without a server behind it is the client library's filler.
            sqlState: (2000..<3000).contains(errno) ? nil : sqlState,
            summary: MariaDBErrorNumber.summary(errno) + MariaDBErrorNumber.reason(errno, message), detail: message
        )
    }
}

extension Duration {
    fileprivate var secondsText: String {
        let (seconds, attoseconds) = components
        let micros = String(attoseconds / 1_000_000_000_000)
        return "\(seconds).\(String(repeating: "0", count: 6 - micros.count))\(micros)"
    }
}
