import Contracts
import Synchronization

/// Tokens that were found good lately, so that a repeat costs a look-up and no signature check.
///
/// Bounded: two halves, of which the older is dropped when the younger is full. What is used moves to the younger.
public final class TokenCache: Sendable {
    private struct State {
        var young: [String: VerifiedToken] = [:]
        var old: [String: VerifiedToken] = [:]
        var generation = 0
    }

    private let half: Int
    private let state = Mutex(State())

    /// - Parameter capacity: The most tokens that are kept.
    public init(capacity: Int) { half = max(1, capacity / 2) }

    /// Who calls with these credentials, if they were good before and have not expired.
    ///
    /// - Parameter credentials: The whole value of `Authorization`.
    public func find(_ credentials: String, at now: Timestamp) -> Caller? {
        state.withLock { state in
            if let found = state.young[credentials] { return now < found.expiresAt ? found.caller : nil }
            guard let found = state.old.removeValue(forKey: credentials), now < found.expiresAt else { return nil }
            insert(found, for: credentials, &state)
            return found.caller
        }
    }

    /// What ``store(_:_:generation:)`` must be given for a check that begins now.
    public var generation: Int { state.withLock { $0.generation } }

    /// Keeps a token, unless the keys have changed since its check began.
    public func store(_ credentials: String, _ token: VerifiedToken, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            insert(token, for: credentials, &state)
        }
    }

    /// Forgets all of them: a key that is trusted no more must not live on in here.
    public func clear() {
        state.withLock { state in
            state.generation += 1
            state.young = [:]
            state.old = [:]
        }
    }

    /// How many are kept.
    public var count: Int { state.withLock { $0.young.count + $0.old.count } }

    private func insert(_ token: VerifiedToken, for credentials: String, _ state: inout State) {
        if state.young.count >= half {
            state.old = state.young
            state.young = [:]
        }
        state.young[credentials] = token
    }
}
