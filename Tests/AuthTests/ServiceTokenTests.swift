import Foundation
import Testing

@testable import Auth

@Suite("The token that a service shows")
struct ServiceTokenTests {
    @Test("is read anew when its file changes, and stays while the file is away")
    func file() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let token = ServiceToken(file: path, recheck: .zero)
        #expect(token.current == nil && token.authorization == nil)
        try Data("first\n".utf8).write(to: URL(filePath: path))
        #expect(token.authorization == "Bearer first")
        try Data("second".utf8).write(to: URL(filePath: path), options: .atomic)
        #expect(token.current == "second")
        // Half-written, or gone: what was good before stays.
        try Data("two words".utf8).write(to: URL(filePath: path))
        #expect(token.current == "second")
        try FileManager.default.removeItem(atPath: path)
        #expect(token.current == "second")
        #expect("\(token)" == "ServiceToken")
    }

    @Test("is not read on every call")
    func rarely() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("first".utf8).write(to: URL(filePath: path))
        let token = ServiceToken(file: path, recheck: .seconds(3600))
        #expect(token.current == "first")
        try Data("second".utf8).write(to: URL(filePath: path))
        #expect(token.current == "first")
        #expect(ServiceToken(text: "fixed").current == "fixed")
    }
}
