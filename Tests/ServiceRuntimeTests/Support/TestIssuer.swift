import Auth
import Foundation
import Synchronization

/// An identity provider for tests: keys, tokens, and the file that its key set is published in.
final class TestIssuer: Sendable {
    static let issuer = "https://id.test"

    let file: String
    private let keys: Mutex<[SigningKey]>

    init() throws {
        file = FileManager.default.temporaryDirectory.appending(path: "jwks-\(UUID()).json").path()
        keys = Mutex([try SigningKey()])
        try publish()
    }

    deinit { try? FileManager.default.removeItem(atPath: file) }

    /// What a service needs to take these tokens.
    var environment: [String: String] {
        ["AUTH": "on", "AUTH_ISSUER": Self.issuer, "AUTH_JWKS_FILE": file]
    }

    var keySet: String { get throws { try SigningKey.keySet(keys.withLock { $0 }) } }

    func publish() throws { try Data(keySet.utf8).write(to: URL(filePath: file), options: .atomic) }

    /// Another key signs from now on; before, `publish` is given the key set that has it.
    func rotate(publish: (String) throws -> Void = { _ in }) throws {
        let key = try SigningKey()
        try publish(SigningKey.keySet(keys.withLock { $0 } + [key]))
        keys.withLock { $0.append(key) }
    }

    /// Only the newest key is left.
    func retire() { keys.withLock { $0 = $0.suffix(1) } }

    func token(
        _ subject: String = "42", _ roles: [String] = ["customer"], audience: String = "game",
        lifetime: Duration = .seconds(600), delay: Duration? = nil
    ) async throws -> String {
        guard let key = keys.withLock({ $0.last }) else { preconditionFailure("there is always a key") }
        return try await key.token(
            subject: subject, roles: roles, issuer: Self.issuer, audience: audience, lifetime: lifetime, delay: delay)
    }

    /// The token as a header line.
    func bearer(_ subject: String = "42", _ roles: [String] = ["customer"]) async throws -> String {
        "Authorization: Bearer \(try await token(subject, roles))\r\n"
    }
}
