import Auth
import Logging
import Metrics
import Synchronization

/// Says who was refused, where and why, and what operators have done; never with a token.
///
/// At most ``linesPerSecond`` lines: a flood of refusals must not fill the disk. What is left out is counted in the line
/// that follows; `auth_refusals_total` counts all of them.
final class AuditLog: Sendable {
    static let linesPerSecond = 50

    private struct State {
        var second: Int64 = 0
        var lines = 0
        var suppressed = 0
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) { self.logger = logger }

    /// A request was not let in.
    func refused(_ refusal: AuthRefusal, _ entry: Entry, at now: Timestamp = .now) {
        Counter(label: "auth_refusals_total", dimensions: [("reason", refusal.reason)]).increment()
        guard let suppressed = admit(now) else { return }
        var metadata = entry.metadata(of: refusal.caller)
        metadata[LogKey.reason] = "\(refusal.reason)"
        if suppressed > 0 { metadata[LogKey.suppressed] = "\(suppressed)" }
        logger.notice("request refused", metadata: metadata)
    }

    /// A customer asked for what is another's.
    func refused(_ error: DomainError, _ caller: Caller?, _ entry: Entry) {
        refused(AuthRefusal(problem: Problem(error), reason: error.slug, caller: caller), entry)
    }

    /// An operator has changed something, or has tried to.
    func acted(_ caller: Caller, status: Int, _ entry: Entry) {
        var metadata = entry.metadata(of: caller)
        metadata[LogKey.status] = "\(status)"
        logger.notice("operator acted", metadata: metadata)
    }

    /// How many lines were left out before this one; `nil` when it is left out itself.
    private func admit(_ now: Timestamp) -> Int? {
        state.withLock { state in
            let second = now.milliseconds / 1000
            if state.second != second { (state.second, state.lines) = (second, 0) }
            state.lines += 1
            guard state.lines <= Self.linesPerSecond else {
                state.suppressed += 1
                return nil
            }
            defer { state.suppressed = 0 }
            return state.suppressed
        }
    }

    /// Where it happened.
    struct Entry {
        let method: String
        /// The route's pattern; a path holds ids, and may hold anything.
        let route: String
        let requestID: String

        fileprivate func metadata(of caller: Caller?) -> Logger.Metadata {
            [
                LogKey.audit: "true", LogKey.subject: "\(caller?.subject ?? "-")",
                LogKey.roles: "\(caller?.roles.names.joined(separator: " ") ?? "-")",
                LogKey.method: "\(method)", LogKey.route: "\(route)", LogKey.requestID: "\(requestID)",
            ]
        }
    }
}
