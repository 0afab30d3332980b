import Auth
import Logging

/// What `AUTH=on` adds to a service: the authorizer, the keys behind it, and the audit log.
struct AuthGate: Sendable {
    let authorizer: Authorizer
    let keys: KeyRefresher
    let audit: AuditLog
    private let source: AuthSettings.Keys

    /// `nil` with `AUTH=off`.
    init?(_ settings: AuthSettings, logger: Logger) {
        guard let requirements = settings.requirements else { return nil }
        source = requirements.keys
        let cache = TokenCache(capacity: requirements.cacheSize)
        keys = KeyRefresher(
            source: Self.source(requirements.keys, logger), interval: requirements.refresh,
            logger: logger, onChange: { cache.clear() })
        authorizer = Authorizer(verifier: TokenVerifier(requirements.rules), keys: keys, cache: cache)
        audit = AuditLog(logger: logger)
    }

    /// Loads the keys for the first time. An identity provider that is away is waited for, not ready; a file that is
    /// missing or wrong ends the process.
    func preflight() async throws {
        do {
            try await keys.load()
        } catch {
            guard case .file(let path) = source else { return }
            throw SettingError(
                variable: "AUTH_JWKS_FILE", fault: "\(ErrorText.line(error)): \(path)",
                example: "/etc/game/auth/jwks.json")
        }
    }

    private static func source(_ keys: AuthSettings.Keys, _ logger: Logger) -> any KeySource {
        switch keys {
        case .file(let path): FileKeySource(path: path)
        case .url(let url): URLKeySource(url: url, logger: logger)
        case .secrets(let secrets): SecretKeySource(secrets: secrets)
        }
    }
}
