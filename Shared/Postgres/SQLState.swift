/// The SQLSTATE codes this module knows (PostgreSQL documentation, appendix A).
enum SQLState {
    static let featureNotSupported = "0A000"
    static let activeTransaction = "25001"
    static let failedTransaction = "25P02"
    static let unknownStatement = "26000"
    static let invalidAuthorization = "28000"
    static let invalidPassword = "28P01"
    static let unknownDatabase = "3D000"
    static let notAllowed = "42501"
    static let tooManyConnections = "53300"
    static let cannotConnectNow = "57P03"

    private static let retriable: Set<String> = [
        "40001",  // serialization failure
        "40P01",  // deadlock
        "55P03",  // lock not available
        "25P03",  // idle in transaction for too long
        "57P01", "57P02", "57P03", "57P04", "57P05",  // shutdown, crash, starting, database dropped, idle session
    ]

    /// Whether the same work may pass later.
    static func isRetriable(_ state: String) -> Bool {
        retriable.contains(state) || state.hasPrefix("08") || state.hasPrefix("53")
    }

    /// Finds the code in libpq's text for a failed connection, where it is not offered in any other way.
    ///
    /// With verbose errors the text reads `… failed: FATAL:  28P01: password authentication failed …`, in any language.
    static func inConnectMessage(_ message: String) -> String? {
        let bytes = Array(message.utf8)
        guard bytes.count > 9 else { return nil }
        for start in 0..<(bytes.count - 8) where bytes[start...].starts(with: Array(":  ".utf8)) {
            let code = bytes[(start + 3)..<(start + 8)]
            let isCode = code.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
            if isCode, start + 8 < bytes.count, bytes[start + 8] == UInt8(ascii: ":") {
                return String(decoding: code, as: UTF8.self)
            }
        }
        return nil
    }
}
