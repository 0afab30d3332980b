import Auth

/// How callers prove who they are.
public struct AuthSettings: Sendable, CustomStringConvertible {
    /// Whether tokens are asked for at all.
    public enum Mode: String, Sendable, CaseIterable { case off, on }

    enum Keys: Sendable {
        case file(String)
        case url(String)
        case secrets([[UInt8]])
    }

    /// Everything that `AUTH=on` needs.
    struct Requirements: Sendable {
        let rules: TokenRules
        let keys: Keys
        let refresh: Duration
        let cacheSize: Int
    }

    /// `nil` with `AUTH=off`.
    let requirements: Requirements?

    /// Holds secrets: it shows nothing of itself.
    public var description: String { "AuthSettings(\(requirements == nil ? "off" : "on"))" }

    public init(_ settings: inout SettingsReader) throws {
        let mode: Mode = try settings.choice(
            "AUTH", default: .off,
            help:
                "on: callers need a bearer token, see docs/security.md; off: whoever reaches the port may do anything.")
        let issuer = try settings.optionalString(
            "AUTH_ISSUER", example: "https://id.example.com/", help: "The iss that tokens must have; needed by AUTH=on."
        )
        let audience = try settings.string(
            "AUTH_AUDIENCE", default: "game", example: "game", help: "What must be among the aud of tokens.")
        let skew = try settings.duration(
            "AUTH_CLOCK_SKEW", default: .seconds(30), in: .zero ... .seconds(300),
            help: "By how much the issuer's clock may differ from ours.")
        let keys = try Self.keys(&settings, isNeeded: mode == .on)
        let refresh = try settings.duration(
            "AUTH_JWKS_REFRESH", default: .seconds(60), in: .milliseconds(100) ... .seconds(86_400),
            help: "How often the key set is read anew; besides when a token names an unknown key.")
        let cacheSize = try settings.int(
            "AUTH_CACHE_SIZE", default: 10_000, in: 2...1_000_000,
            help: "Tokens that were found good and are kept until they expire.")
        guard mode == .on, let keys else {
            requirements = nil
            return
        }
        guard let issuer else {
            throw SettingError(
                variable: "AUTH_ISSUER", fault: "is required with AUTH=on", example: "https://id.example.com/")
        }
        requirements = Requirements(
            rules: TokenRules(issuer: issuer, audience: audience, clockSkew: skew), keys: keys, refresh: refresh,
            cacheSize: cacheSize)
    }

    private static func keys(_ settings: inout SettingsReader, isNeeded: Bool) throws -> Keys? {
        let file = try settings.optionalString(
            "AUTH_JWKS_FILE", example: "/etc/game/auth/jwks.json",
            help: "The key set that tokens are checked with, as a file; a new one is noticed.")
        let url = try settings.optionalValue(
            "AUTH_JWKS_URL", example: "https://id.example.com/jwks.json",
            help: "The same, as an https URL; http for this host alone.", parse: keySetURL)
        let secrets = try settings.optionalValue(
            "AUTH_HMAC_SECRETS", example: "0123456789abcdef0123456789abcdef",
            help:
                "The same, as a secret of 32 bytes or more that the issuer shares with us (HS256); two, with a comma, "
                + "while one takes the other's place.", isSecret: true, parse: hmacSecrets)
        let given = [file.map(Keys.file), url.map(Keys.url), secrets.map(Keys.secrets)].compactMap { $0 }
        guard isNeeded else { return nil }
        guard given.count == 1 else {
            throw SettingError(
                variable: "AUTH_JWKS_FILE",
                fault: "with AUTH=on exactly one of AUTH_JWKS_FILE, AUTH_JWKS_URL and AUTH_HMAC_SECRETS must be set",
                example: "/etc/game/auth/jwks.json")
        }
        return given[0]
    }

    /// Who can change the answer can make tokens, so it must come by TLS.
    private static func keySetURL(_ text: String) throws -> String {
        let url = try HTTPURLText.parse(text)
        let local = [
            "http://127.0.0.1:", "http://127.0.0.1/", "http://localhost:", "http://localhost/", "http://[::1]",
        ]
        guard url.hasPrefix("https://") || local.contains(where: url.hasPrefix) else {
            throw InvalidValue("must be an https URL: who can change the answer on its way can make tokens")
        }
        return url
    }

    private static func hmacSecrets(_ text: String) throws -> [[UInt8]] {
        let secrets = text.split(separator: ",", omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard secrets.count <= 2, secrets.allSatisfy({ $0.count >= 32 }) else {
            throw InvalidValue("must be one secret of at least 32 bytes, or two with a comma between them")
        }
        return secrets
    }
}
