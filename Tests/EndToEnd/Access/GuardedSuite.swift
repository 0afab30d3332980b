import Auth
import Foundation
import TestSupport

/// The suite with `AUTH=on`, and everybody's tokens.
struct GuardedSuite: Sendable {
    static let issuer = "https://id.test"
    private static let audience = "game"

    let suite: GameSuite
    let key: SigningKey
    /// The keys that are trusted.
    let keySet: URL
    /// gift's own token, in a file.
    let tokenFile: URL

    /// - Parameters:
    ///   - giftRoles: What gift's token says at first.
    ///   - changes: Variables of all services.
    static func with(
        giftRoles: [String] = ["service"], _ changes: [String: String] = [:],
        _ body: (GuardedSuite) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "auth-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = try SigningKey()
        let keySet = folder.appending(path: "jwks.json")
        try Data(SigningKey.keySet([key]).utf8).write(to: keySet)
        let tokenFile = folder.appending(path: "token")
        let common = [
            "AUTH": "on", "AUTH_ISSUER": issuer, "AUTH_JWKS_FILE": keySet.path(), "LOG_LEVEL": "trace",
        ].merging(changes) { $1 }
        var settings = Dictionary(uniqueKeysWithValues: GameSuite.services.map { ($0, common) })
        // How long telegram may take is other tests' matter.
        settings["gift"]?.merge(EndToEnd.GiftFlowTests.settings["gift"] ?? [:]) { $1 }
        settings["gift"]?["SERVICE_TOKEN_FILE"] = tokenFile.path()
        try await Data(token(key, "gift", giftRoles).utf8).write(to: tokenFile)
        try await withSuite(settings: settings) {
            try await body(GuardedSuite(suite: $0, key: key, keySet: keySet, tokenFile: tokenFile))
        }
    }

    private static func token(_ key: SigningKey, _ subject: String, _ roles: [String]) async throws -> String {
        try await key.token(
            subject: subject, roles: roles, issuer: issuer, audience: audience, lifetime: .seconds(3600))
    }

    /// Replaces gift's token while gift runs.
    func rotateGiftToken() async throws {
        try await Data(Self.token(key, "gift", ["service"]).utf8).write(to: tokenFile, options: .atomic)
    }

    /// From now on these keys are trusted and no others.
    func trust(_ keys: [SigningKey]) throws {
        try Data(SigningKey.keySet(keys).utf8).write(to: keySet, options: .atomic)
    }

    /// - Parameter key: What signs the token, if not the key of the beginning.
    func customer(_ id: Int64, by key: SigningKey? = nil) async throws -> Person {
        Person(suite: suite, token: try await Self.token(key ?? self.key, "\(id)", ["customer"]))
    }

    func person(_ name: String, _ role: String) async throws -> Person {
        Person(suite: suite, token: try await Self.token(key, name, [role]))
    }

    var stranger: Person { Person(suite: suite, token: nil) }
}

/// Somebody who calls, with a token or without one.
struct Person: Sendable {
    let suite: GameSuite
    let token: String?

    func send(
        _ method: String, _ service: String, _ path: String, _ json: String? = nil, headers: [String: String] = [:]
    ) async throws -> TestHTTP.Answer {
        let own = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try await suite.http.send(
            method, suite[service].url + path, json, headers: own.merging(headers) { $1 })
    }

    func get(_ service: String, _ path: String) async throws -> TestHTTP.Answer {
        try await send("GET", service, path)
    }

    /// The ids of a list, page by page.
    ///
    /// - Parameter cursor: Where to begin, if not at the beginning.
    func ids(_ service: String, _ path: String, after cursor: String? = nil) async throws -> [Int64] {
        struct Row: Decodable { let id: Int64 }
        struct PageOfRows: Decodable {
            let items: [Row]
            let next: String?
        }
        var ids: [Int64] = []
        var after = cursor
        repeat {
            let cursor = after.map { "&after=\($0)" } ?? ""
            let answer = try await get(service, "\(path)\(path.contains("?") ? "&" : "?")limit=1\(cursor)")
            let page = try answer.decode(PageOfRows.self)
            ids += page.items.map(\.id)
            after = page.next
        } while after != nil
        return ids
    }
}
