import Auth

/// Secrets that the issuer of tokens shares with us; they stay the same for the life of the process.
struct SecretKeySource: KeySource, CustomStringConvertible {
    let secrets: [[UInt8]]

    var description: String { "SecretKeySource" }

    func load() async throws -> [UInt8] { [] }
    func ring(_ bytes: [UInt8]) async throws -> KeyRing { try await KeyRing.secrets(secrets) }
}
