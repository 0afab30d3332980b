/// Metadata keys of this module's log lines.
enum LogKey {
    static let address = "http.address"
    /// Marks the lines of the audit log.
    static let audit = "audit"
    static let check = "readiness.check"
    static let error = "error"
    static let keys = "auth.keys"
    static let method = "http.method"
    static let milliseconds = "http.milliseconds"
    static let path = "http.path"
    static let reason = "auth.reason"
    static let requestID = "request.id"
    static let roles = "auth.roles"
    static let route = "http.route"
    static let seconds = "seconds"
    static let signal = "signal"
    static let status = "http.status"
    static let subject = "auth.subject"
    static let suppressed = "auth.suppressed"
}
