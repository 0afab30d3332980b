import Foundation

/// A Redis of a test's own that asks for a password, and has a user `reader` who may look at `orders:*` alone.
public final class GuardedRedis: Sendable {
    public static let password = "redis-7d20ce"
    public static let readerPassword = "reader-84be91"
    public static let canBeMade = FileManager.default.isExecutableFile(atPath: "/usr/bin/redis-server")

    public let port: Int
    private let folder: URL
    private let process: ChildProcess

    public init() async throws {
        port = try FreePort.any()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // In a file, as in production: arguments can be read by everybody on the machine.
        let settings = folder.appendingPathComponent("redis.conf")
        try """
        bind 127.0.0.1
        port \(port)
        dir \(folder.path)
        save ""
        requirepass \(Self.password)
        user reader on >\(Self.readerPassword) ~orders:* &* -@all +@read +@connection
        """.write(to: settings, atomically: true, encoding: .utf8)
        let child = try ChildProcess(
            "/usr/bin/redis-server", [settings.path], environment: [:], log: folder.appendingPathComponent("redis.log"))
        process = child
        guard await eventually({ child.tail(20).contains("Ready to accept connections") }) else {
            throw TestFailure("Redis does not start: \(child.tail())")
        }
    }

    /// The URL of who may do everything.
    public var url: String { "redis://:\(Self.password)@127.0.0.1:\(port)/0" }

    public func stop() {
        process.kill()
        try? FileManager.default.removeItem(at: folder)
    }
}
