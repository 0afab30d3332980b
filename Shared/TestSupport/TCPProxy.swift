import Foundation
import Synchronization

/// Stands between a service and its store: a test can cut it off, or let it hang, without touching the server.
///
/// Threads that block, two for each connection; they end with their sockets.
public final class TCPProxy: Sendable {
    private struct State {
        var sockets: Set<Int32> = []
        var isDown = false
    }

    public let port: Int
    private let target: Int
    private let listener: Int32
    private let state = Mutex(State())
    private let gate = Gate()

    /// While it is closed nothing passes.
    private final class Gate: @unchecked Sendable {
        // @unchecked Sendable: the flag is read and written with the condition locked.
        private let condition = NSCondition()
        private var isOpen = true

        func set(open: Bool) {
            condition.withLock { isOpen = open }
            condition.broadcast()
        }

        func pass() {
            condition.lock()
            while !isOpen { condition.wait() }
            condition.unlock()
        }
    }

    /// Stands before the server of a URL.
    public convenience init(before url: String) throws {
        guard let port = URLComponents(string: url)?.port else { throw TestFailure("the URL names no port") }
        try self.init(to: port)
    }

    /// The URL by which the server is reached through the proxy.
    public func url(of url: String) -> String {
        var parts = URLComponents(string: url)
        parts?.port = port
        return parts?.string ?? url
    }

    /// Listens on a free port and passes everything on to `target` on this host.
    public init(to target: Int) throws {
        self.target = target
        port = try FreePort.any()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard Self.with(port: port, { bind(listener, $0, $1) }) == 0, listen(listener, 64) == 0 else {
            throw TestFailure("the proxy cannot listen")
        }
        let thread = Thread { [self] in accept() }
        thread.start()
    }

    /// Cuts every connection and refuses new ones, or takes them again.
    public var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set {
            let cut = state.withLock { state in
                state.isDown = newValue
                return newValue ? state.sockets : []
            }
            for socket in cut { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Lets nothing pass, or everything again; connections stay.
    public func hang(_ isHanging: Bool) { gate.set(open: !isHanging) }

    public func close() {
        gate.set(open: true)
        isDown = true
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        // Here and not in close(): the number must not become another's while this thread still uses it.
        defer { Glibc.close(listener) }
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { return }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard !isDown, Self.with(port: target, { connect(server, $0, $1) }) == 0 else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            state.withLock { _ = ($0.sockets.insert(client), $0.sockets.insert(server)) }
            for (from, to) in [(client, server), (server, client)] {
                let thread = Thread { [self] in pump(from, to) }
                thread.stackSize = 1 << 18
                thread.start()
            }
        }
    }

    private func pump(_ from: Int32, _ to: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(from, &bytes, bytes.count)
            gate.pass()
            guard count > 0, Self.writeAll(to, bytes, count) else { break }
        }
        // Whoever is second to get here finds the other direction ended too.
        shutdown(to, Int32(SHUT_RDWR))
        _ = state.withLock { $0.sockets.remove(from) }
        Glibc.close(from)
    }

    private static func writeAll(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Bool {
        var sent = 0
        while sent < count {
            let written = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL))
            }
            guard written > 0 else { return false }
            sent += written
        }
        return true
    }

    private static func with(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
