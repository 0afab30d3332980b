import Contracts
import Synchronization

/// Callback URLs that the rules permit, as they were read: groups send to the same few again and again.
final class CheckedURLs: Sendable {
    /// Beyond so many it begins anew.
    private static let limit = 4_096

    let rules: CallbackRules
    private let known = Mutex<[String: CallbackURL]>([:])

    init(rules: CallbackRules) { self.rules = rules }

    /// Like ``CallbackRules/check(_:)``.
    func check(_ text: String) throws(DomainError) -> CallbackURL {
        if let url = known.withLock({ $0[text] }) { return url }
        let url = try rules.check(text)
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
            known[text] = url
        }
        return url
    }
}
