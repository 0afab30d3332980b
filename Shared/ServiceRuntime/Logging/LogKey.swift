/// Metadata keys of this module's log lines.
enum LogKey {
    static let address = "http.address"
    static let check = "readiness.check"
    static let error = "error"
    static let method = "http.method"
    static let milliseconds = "http.milliseconds"
    static let path = "http.path"
    static let requestID = "request.id"
    static let seconds = "seconds"
    static let signal = "signal"
    static let status = "http.status"
}
