import Auth

/// The token that this service shows to other services.
public struct ServiceTokenSettings: Sendable, CustomStringConvertible {
    private let file: String?
    private let text: String?

    /// Holds a secret: it shows nothing of itself.
    public var description: String { "ServiceTokenSettings" }

    public init(_ settings: inout SettingsReader) throws {
        file = try settings.optionalString(
            "SERVICE_TOKEN_FILE", example: "/etc/game/token/token",
            help: "A file with the bearer token for calls to other services; read anew when it changes.")
        // The reader refuses both, as it does for every secret; unlike others this file is read again later.
        text = try settings.optionalSecret(
            "SERVICE_TOKEN", example: "eyJhbGciOi…",
            help: "The same token itself, where there is no file; it lasts until the process ends.")
    }

    /// `nil` when none is configured.
    public var token: ServiceToken? { file.map { ServiceToken(file: $0) } ?? text.map(ServiceToken.init(text:)) }
}

extension Readiness {
    /// Shows whether there is a token for calls to other services; information only.
    public func add(_ token: ServiceToken?) {
        guard let token else { return }
        add("service-token", decides: false) { token.current == nil ? .fail("the file holds no token") : .pass() }
    }
}
