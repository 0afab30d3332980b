import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves the built-in broker to other hosts: takes connections on an address of our choice, hands each one's frames to
/// the broker on 127.0.0.1, and puts the advertised address into its answers.
struct NetworkListener: Service, CustomStringConvertible {
    private typealias Frames = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    let address: HostPort
    let advertised: HostPort
    let broker: HostPort
    let logger: Logger
    /// Told the port that was bound, once.
    var onListening: @Sendable (Int) -> Void = { _ in }

    var description: String { "network listener" }

    func run() async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: address.host, port: address.port) { channel in Self.framed(channel) }
        onListening(server.channel.localAddress?.port ?? address.port)
        do {
            try await cancelWhenGracefulShutdown {
                try await withThrowingDiscardingTaskGroup { group in
                    try await server.executeThenClose { clients in
                        for try await client in clients { group.addTask { await serve(client) } }
                    }
                }
            }
        } catch is CancellationError {
            // It was told to end.
        }
    }

    private static func framed(_ channel: any Channel) -> EventLoopFuture<Frames> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(
                ByteToMessageHandler(LengthFieldBasedFrameDecoder(lengthFieldLength: .four)),
                LengthFieldPrepender(lengthFieldLength: .four))
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
    }

    /// One client's connection, until one of its two ends closes.
    private func serve(_ client: Frames) async {
        do {
            let upstream = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: broker.host, port: broker.port) { channel in Self.framed(channel) }
            let rewriter = RewriterBox(advertised: advertised)
            try await client.executeThenClose { requests, toClient in
                try await upstream.executeThenClose { answers, toBroker in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask {
                            for try await request in requests {
                                try rewriter.sent(request)
                                try await toBroker.write(request)
                            }
                        }
                        group.addTask {
                            for try await answer in answers { try await toClient.write(rewriter.rewritten(answer)) }
                        }
                        try await group.next()
                        group.cancelAll()
                    }
                }
            }
        } catch {
            // The client sees its connection end and connects anew.
            logger.debug("connection ended", metadata: ["error": "\(error)"])
        }
    }
}

/// A connection's rewriter, used by its two directions.
private final class RewriterBox: Sendable {
    private let rewriter: Mutex<AddressRewriter>

    init(advertised: HostPort) { rewriter = Mutex(AddressRewriter(advertised: advertised)) }

    func sent(_ request: ByteBuffer) throws { try rewriter.withLock { try $0.sent(request) } }
    func rewritten(_ answer: ByteBuffer) throws -> ByteBuffer { try rewriter.withLock { try $0.rewritten(answer) } }
}
