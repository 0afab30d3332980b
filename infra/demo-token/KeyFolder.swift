import ArgumentParser
import Auth
import Foundation

/// A folder with private keys (`0001.pem` …, readable by their owner alone) and `jwks.json`, which has their public parts.
struct KeyFolder {
    private let url: URL

    init(_ path: String) { url = URL(filePath: path, directoryHint: .isDirectory) }

    var keySetPath: String { url.appending(path: "jwks.json").path() }

    /// The keys, the oldest first.
    func keys() throws -> [SigningKey] {
        try files().map { try SigningKey(pem: String(contentsOf: url.appending(path: $0), encoding: .utf8)) }
    }

    /// The key that signs now.
    func newest() throws -> SigningKey {
        guard let key = try keys().last else {
            throw ValidationError("There is no key in \(url.path()) yet: run demo-token keys first.")
        }
        return key
    }

    /// Makes a key and publishes it beside the others.
    func add() throws -> SigningKey {
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let key = try SigningKey()
        let number = try (files().last.flatMap { Int($0.prefix(4)) } ?? 0) + 1
        let name = String(repeating: "0", count: max(0, 4 - String(number).count)) + "\(number).pem"
        let made = FileManager.default.createFile(
            atPath: url.appending(path: name).path(), contents: Data(key.pem.utf8),
            attributes: [.posixPermissions: 0o600])
        guard made else { throw ValidationError("\(url.path()) cannot be written to.") }
        try publish()
        return key
    }

    /// Removes all keys but the newest.
    func retire() throws {
        for name in try files().dropLast() { try FileManager.default.removeItem(at: url.appending(path: name)) }
        try publish()
    }

    private func publish() throws {
        // In one step: a service may be reading.
        try Data(SigningKey.keySet(try keys()).utf8).write(to: url.appending(path: "jwks.json"), options: .atomic)
    }

    private func files() throws -> [String] {
        guard FileManager.default.fileExists(atPath: url.path()) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: url.path()).filter { $0.hasSuffix(".pem") }.sorted()
    }
}

/// The folder as an option.
struct FolderOption: ParsableArguments {
    @Option(help: "Where the keys are.")
    var folder = ".run/auth"

    var keys: KeyFolder { KeyFolder(folder) }
}
