import Foundation
import Glibc
import Synchronization
import TestSupport

/// Reads the beginning of a Server-Sent Events stream.
enum StreamProbe {
    /// What came up to the end of so many events.
    static func first(_ port: Int, events: Int, lastID: String? = nil) async throws -> String {
        let viewer = try Viewer(port: port, lastID: lastID)
        defer { viewer.close() }
        let isThere = await eventually {
            viewer.read()
            return viewer.text.components(separatedBy: "data: ").count > events && viewer.text.hasSuffix("\n\n\r\n")
                || viewer.text.components(separatedBy: "data: ").count > events + 1
        }
        guard isThere else { throw TestFailure("no \(events) events: \(viewer.text)") }
        return viewer.text
    }
}

/// One viewer's connection, read without blocking.
final class Viewer: Sendable {
    private let descriptor: Int32
    private let received = Mutex<[UInt8]>([])
    var bytes: [UInt8] { received.withLock { $0 } }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Parameter receiveBuffer: How many bytes the kernel takes in for a viewer that does not read; else it decides.
    init(port: Int, lastID: String? = nil, receiveBuffer: Int32? = nil) throws {
        descriptor = try Self.connected(to: port, receiveBuffer: receiveBuffer)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let header = lastID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        let request = Array("GET /api/stream HTTP/1.1\r\nHost: x\r\n\(header)\r\n".utf8)
        guard write(descriptor, request, request.count) == request.count else { throw TestFailure("not sent") }
    }

    /// A TCP connection to 127.0.0.1.
    static func connected(to port: Int, receiveBuffer: Int32? = nil) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
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
            received.withLock { $0 += buffer[..<count] }
        }
    }

    func forget() { received.withLock { $0 = [] } }

    /// What waits in the kernel to be sent to this viewer.
    func waiting(from port: Int) throws -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { throw TestFailure("no address: \(errno)") }
        // local_address rem_address st tx_queue:rx_queue, all in hexadecimal digits (proc_net_tcp of the kernel's docs).
        let ours = UInt16(bigEndian: address.sin_port)
        for line in try Self.connections().split(separator: "\n").dropFirst() {
            let columns = line.split(separator: " ")
            guard columns.count > 4, columns[1].hasSuffix(String(format: ":%04X", port)),
                columns[2].hasSuffix(String(format: ":%04X", Int(ours)))
            else { continue }
            return Int(columns[4].prefix(8), radix: 16) ?? -1
        }
        throw TestFailure("the connection is not there")
    }

    /// The kernel's list, which comes in pieces: Foundation takes the first for all of it.
    private static func connections() throws -> String {
        let file = open("/proc/net/tcp", O_RDONLY)
        guard file >= 0 else { throw TestFailure("no list of connections: \(errno)") }
        defer { Glibc.close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: all, as: UTF8.self) }
            all += buffer[..<count]
        }
    }

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
