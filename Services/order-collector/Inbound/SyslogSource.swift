import Logging
import NIOCore
import NIOPosix

/// Takes syslog messages over TCP (RFC 6587): a line each, or with their length in front.
struct SyslogSource: Source {
    private static let maxConnections = 256

    let host: String
    let port: Int
    let maxLine: Int
    let logger: Logger

    func run(into intake: Intake) async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        logger.info("listening", metadata: ["syslog.port": "\(server.channel.localAddress?.port ?? port)"])
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                let open = ConnectionCount()
                for try await connection in connections {
                    guard open.add(limit: Self.maxConnections) else {
                        try? await connection.channel.close()
                        continue
                    }
                    group.addTask {
                        try? await connection.executeThenClose { input, _ in try await read(input, intake) }
                        open.remove()
                    }
                }
            }
        }
    }

    private func read(_ input: NIOAsyncChannelInboundStream<ByteBuffer>, _ intake: Intake) async throws {
        var framer = SyslogFramer(maxLine: maxLine)
        for try await buffer in input {
            try await intake.accept(framer.take(Array(buffer: buffer)).map(Self.line))
        }
        try await intake.accept(framer.end().map(Self.line))
    }

    private static func line(_ body: ArraySlice<UInt8>) -> Intake.Unnumbered {
        guard let message = SyslogMessage(body) else { return .init(body: body) }
        return .init(
            body: message.text,
            headers: [
                .init(name: "facility", value: String(message.facility)),
                .init(name: "severity", value: String(message.severity)),
            ])
    }

    struct Settings: SourceSettings {
        static let type = "syslog"
        let host: String
        let port: Int
        let maxLine: Int

        init(_ section: inout Section) throws(ConfigFault) {
            host = try section.string("host", default: "127.0.0.1")
            port = try section.int("port", default: 5140, in: 0...65_535)
            maxLine = try section.bytes("maxLine", default: 256 << 10)
        }

        func make(_ context: ComponentContext) throws -> any Source {
            SyslogSource(host: host, port: port, maxLine: maxLine, logger: context.logger)
        }
    }
}
