/// What MariaDB's error numbers mean for us: below 2000 and above 3000 the server's, from 2000 the client library's.
///
/// Source: MariaDB Error Codes, https://mariadb.com/docs/server/reference/error-codes
enum MariaDBErrorNumber {
    /// Whether the prepared statement no longer fits its tables and must be prepared anew.
    static func isStatementStale(_ errno: UInt32) -> Bool { [1243, 1615, 2057].contains(errno) }

    /// Host, user or database not allowed.
    static let accessDenied: Set<UInt32> = [1044, 1045, 1049, 1130, 1698]

    static let connectionLost: Set<UInt32> = [
        1053,  // server shutdown in progress
        1080, 1152, 1158, 1159, 1160, 1161, 1184,  // aborted connections, network errors
        1927,  // connection was killed
        2001, 2002, 2003, 2004, 2005,  // cannot connect, unknown host
        2006, 2012, 2013, 2014, 2027, 2055,  // gone away, handshake, lost, out of sync, malformed packet
    ]

    static let retriable: Set<UInt32> = connectionLost.union([
        1020,  // record has changed since the last read
        1021, 1037, 1038, 1041, 1114,  // disk full, out of memory, table full
        1040, 1203, 1226,  // too many connections
        1047,  // node not ready (Galera)
        1205, 1213,  // lock wait timeout, deadlock
        1290, 1792, 1836,  // read-only server, as in a fail-over
        1317, 1969,  // interrupted, statement timeout
        1243, 1412, 1615, 2057,  // table definition changed, statement must be prepared again
    ])

    /// Why TLS failed, in the library's words; they name files and certificates and nothing else.
    static func reason(_ errno: UInt32, _ message: String) -> String {
        guard errno == 2026 else { return "" }
        return ": "
            + message.trimmingPrefix("TLS/SSL error: ").trimmingPrefix("SSL connection error: ")
            .replacing("\n", with: " ")
    }

    /// One constant sentence for each kind of number.
    static func summary(_ errno: UInt32) -> String {
        switch errno {
        case 1045, 1698: "MariaDB refused the user or the password"
        case 1044, 1049: "MariaDB does not know the database, or this user may not use it"
        case 1130: "MariaDB does not accept connections from this host"
        case 1040, 1203, 1226: "MariaDB has too many connections"
        case 1205: "MariaDB: a row lock was not given in time"
        case 1213: "MariaDB: the transaction was rolled back to resolve a deadlock"
        case 1317, 1969: "MariaDB: the statement was interrupted or took too long"
        case 2001, 2002, 2003, 2004, 2005: "MariaDB cannot be reached"
        case 2026: "MariaDB: the encrypted connection could not be made"
        case _ where connectionLost.contains(errno): "the connection to MariaDB was lost"
        default: "MariaDB refused the statement"
        }
    }
}
