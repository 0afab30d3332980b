import Foundation
import Glibc
import TestSupport

/// Reads the beginning of a Server-Sent Events stream.
enum StreamProbe {
    /// What came up to the end of so many events.
    static func first(_ port: Int, events: Int, lastID: String? = nil) async throws -> String {
        let viewer = try Viewer(port: port, lastID: lastID)
        defer { viewer.close() }
        let isThere = await eventually(within: .seconds(10)) {
            viewer.read()
            return viewer.text.components(separatedBy: "data: ").count > events && viewer.text.hasSuffix("\n\n\r\n")
                || viewer.text.components(separatedBy: "data: ").count > events + 1
        }
        guard isThere else { throw TestFailure("no \(events) events: \(viewer.text)") }
        return viewer.text
    }
}

/// One viewer's connection, read without blocking.
final class Viewer {
    private let descriptor: Int32
    private(set) var bytes: [UInt8] = []
    var text: String { String(decoding: bytes, as: UTF8.self) }

    init(port: Int, lastID: String? = nil) throws {
        descriptor = try Self.connected(to: port)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let header = lastID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        let request = Array("GET /api/stream HTTP/1.1\r\nHost: x\r\n\(header)\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { throw TestFailure("not sent") }
    }

    /// A TCP connection to 127.0.0.1.
    static func connected(to port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard descriptor >= 0, code == 0 else { throw TestFailure("no connection: \(errno)") }
        return descriptor
    }

    func read() {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer[..<count]
        }
    }

    func forget() { bytes = [] }

    func close() { Glibc.close(descriptor) }
}

/// Many viewers, and one more that never reads.
final class Crowd {
    private let viewers: [Viewer]
    private let silent: Viewer

    init(port: Int, count: Int) throws {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        getrlimit(resource, &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
        viewers = try (0..<count).map { _ in try Viewer(port: port) }
        silent = try Viewer(port: port)
    }

    /// Whether each of them has read this word.
    func all(contain word: String, within limit: Duration) async throws -> Bool {
        var waiting = Array(viewers.indices)
        return await eventually(within: limit, every: .milliseconds(20)) {
            waiting.removeAll { index in
                viewers[index].read()
                return viewers[index].text.contains(word)
            }
            return waiting.isEmpty
        }
    }

    func close() {
        for viewer in viewers + [silent] { viewer.close() }
    }
}
