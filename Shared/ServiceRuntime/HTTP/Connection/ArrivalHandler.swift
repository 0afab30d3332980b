import NIOCore

/// Tells the connection of bytes before the parser has them: of a request that comes byte by byte nobody else would
/// know until its header is complete.
final class ArrivalHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ConnectionHandler

    init(_ connection: ConnectionHandler) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.slowness.bytesArrived(at: .now())
        context.fireChannelRead(data)
    }
}
