import Foundation
import Glibc
import Synchronization

/// A socket that says exactly what a test tells it to, one thread a connection.
public final class RawServer: Sendable {
    public let port: UInt16
    private let listener: Int32
    private let state = Mutex((connections: 0, requests: [String](), isOpen: true))

    public var connections: Int { state.withLock { $0.connections } }
    /// Heads and bodies of all requests read so far.
    public var requests: [String] { state.withLock { $0.requests } }

    /// - Parameter handle: Called on a thread of its own for each connection, which is closed afterwards.
    public init(_ handle: @escaping @Sendable (RawConnection) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, length) == 0 && listen(socket, 64) == 0
                    && getsockname(socket, address, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(socket, nil, nil)
                guard client >= 0 else {
                    // Here and not in stop(): another test's listener may get the number while this thread still uses it,
                    // and its connections would be answered here.
                    Glibc.close(socket)
                    return
                }
                state.withLock { $0.connections += 1 }
                Thread.detachNewThread {
                    let connection = RawConnection(descriptor: client, server: self)
                    handle(connection)
                    connection.close()
                }
            }
        }
    }

    public var url: String { "http://127.0.0.1:\(port)" }

    public func stop() {
        let wasOpen = state.withLock { state in
            defer { state.isOpen = false }
            return state.isOpen
        }
        guard wasOpen else { return }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    fileprivate func note(_ request: String) { state.withLock { $0.requests.append(request) } }
}

/// One accepted connection.
public final class RawConnection: Sendable {
    private let descriptor: Int32
    private let server: RawServer
    private let isClosed = Atomic(false)

    init(descriptor: Int32, server: RawServer) {
        self.descriptor = descriptor
        self.server = server
    }

    /// Reads one request with its body; `nil` when the client is gone.
    @discardableResult
    public func readRequest() -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length =
                    head.components(separatedBy: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if text[end.upperBound...].utf8.count >= length {
                    server.note(text)
                    return text
                }
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    /// Reads one request, head and body apart; `nil` when the client is gone.
    public func readMessage() -> (head: [String], body: [UInt8])? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var bodyStart: Int?
        var head: [String] = []
        var length = 0
        while true {
            if bodyStart == nil, let end = Self.endOfHead(bytes) {
                bodyStart = end
                head = String(decoding: bytes[..<(end - 4)], as: UTF8.self).components(separatedBy: "\r\n")
                length =
                    head.first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
            }
            if let bodyStart, bytes.count >= bodyStart + length {
                return (head, Array(bytes[bodyStart..<(bodyStart + length)]))
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }

    public func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    public func answer(_ status: String = "200 OK", body: String = "", headers: String = "") {
        write("HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Returns when the client has gone.
    public func waitForClose() {
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) > 0 {}
    }

    /// Ends the connection with a reset, as a peer that crashed does it.
    public func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    public func close() {
        guard !isClosed.exchange(true, ordering: .relaxed) else { return }
        Glibc.close(descriptor)
    }
}
