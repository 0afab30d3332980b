import Foundation
import Synchronization

/// A receiver of callbacks that answers as a test tells it to, and remembers what it was sent.
public final class CallbackServer: Sendable {
    /// One request as it came.
    public struct Callback: Sendable {
        /// With its query.
        public let path: String
        /// Names in lower case.
        public let headers: [String: String]
        public let body: [UInt8]
        public let startedAt: ContinuousClock.Instant
        public fileprivate(set) var endedAt: ContinuousClock.Instant?

        public subscript(header: String) -> String? { headers[header] }
        public var group: String { headers["bypass-group"] ?? "" }
        public var sequence: Int { headers["bypass-sequence"].flatMap { Int($0) } ?? 0 }
        public var attempt: Int { headers["bypass-attempt"].flatMap { Int($0) } ?? 0 }
        public var epoch: Int { headers["bypass-epoch"].flatMap { Int($0) } ?? 0 }
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// What to do with a request. It runs on a thread of the connection's own, so it may block.
    public enum Reply: Sendable {
        case answer(String, headers: String = "", body: String = "")
        /// Nothing, until the client hangs up.
        case silence
        /// Whatever the closure does with the connection, which ends afterwards.
        case raw(@Sendable (RawConnection) -> Void)

        public static let ok = Reply.answer("200 OK", body: "ok")
    }

    private final class State: Sendable {
        let callbacks = Mutex<[Callback]>([])
        let reply: Mutex<@Sendable (Callback) -> Reply>
        init(_ reply: @escaping @Sendable (Callback) -> Reply) { self.reply = Mutex(reply) }
    }

    private let server: RawServer
    private let state: State

    public init(_ reply: @escaping @Sendable (Callback) -> Reply = { _ in .ok }) throws {
        let state = State(reply)
        self.state = state
        server = try RawServer { connection in Self.serve(connection, state) }
    }

    public var url: String { server.url }
    public var port: Int { Int(server.port) }
    /// In the order in which they came.
    public var callbacks: [Callback] { state.callbacks.withLock { $0 } }

    /// From the next request on.
    public func reply(_ reply: @escaping @Sendable (Callback) -> Reply) { state.reply.withLock { $0 = reply } }

    public func callbacks(of group: String) -> [Callback] { callbacks.filter { $0.group == group } }

    public func stop() { server.stop() }

    private static func serve(_ connection: RawConnection, _ state: State) {
        while let message = connection.readMessage() {
            let callback = Self.callback(message)
            let index = state.callbacks.withLock { callbacks in
                callbacks.append(callback)
                return callbacks.count - 1
            }
            let reply = state.reply.withLock { $0 }(callback)
            state.callbacks.withLock { $0[index].endedAt = .now }
            switch reply {
            case .answer(let status, let headers, let body):
                connection.answer(status, body: body, headers: headers)
            case .silence:
                connection.waitForClose()
                return
            case .raw(let act):
                act(connection)
                return
            }
        }
    }

    private static func callback(_ message: (head: [String], body: [UInt8])) -> Callback {
        var headers: [String: String] = [:]
        for line in message.head.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        let path = message.head.first.map { $0.split(separator: " ") } ?? []
        return Callback(
            path: path.count > 1 ? String(path[1]) : "", headers: headers, body: message.body, startedAt: .now)
    }
}
