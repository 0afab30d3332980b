import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection that sends and receives bytes as they are, to test what HTTP clients hide.
final class RawConnection: Sendable {
    struct TimedOut: Error, CustomStringConvertible {
        let received: String
        var description: String { "timed out; received so far:\n\(received)" }
    }

    private let channel: any Channel
    private let inbox: Inbox

    static func open(port: Int) async throws -> RawConnection {
        let inbox = Inbox()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CollectingHandler(inbox: inbox))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawConnection(channel, inbox)
    }

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)).get() }

    /// Sends what may fail because the server has closed meanwhile.
    func trySend(_ text: String) async { try? await send(text) }

    func get(_ path: String, headers: String = "") async throws {
        try await send("GET \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
    }

    func halfClose() async throws { try await channel.close(mode: .output).get() }
    func close() async { try? await channel.close().get() }

    var received: String { inbox.text.withLock { $0 } }

    /// Waits until `condition` holds for what has been received.
    @discardableResult
    func receive(
        within limit: Duration = .seconds(60), until condition: (String) -> Bool
    ) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            let text = received
            if condition(text) { return text }
            guard ContinuousClock.now < deadline else { throw TimedOut(received: text) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Waits for so many complete answers with bodies.
    @discardableResult
    func receive(answers count: Int) async throws -> [RawAnswer] {
        try await receive { RawAnswer.parse($0).count >= count }
        return RawAnswer.parse(received)
    }

    /// Waits until the server has closed its side.
    func waitForEnd(within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        while !inbox.hasEnded.withLock({ $0 }) {
            guard ContinuousClock.now < deadline else { throw TimedOut(received: received) }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    var hasEnded: Bool { inbox.hasEnded.withLock { $0 } }
}

private final class Inbox: Sendable {
    let text = Mutex("")
    let hasEnded = Mutex(false)
}

private final class CollectingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: Inbox

    init(inbox: Inbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let text = String(buffer: unwrapInboundIn(data))
        inbox.text.withLock { $0 += text }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inbox.hasEnded.withLock { $0 = true } }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.hasEnded.withLock { $0 = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
