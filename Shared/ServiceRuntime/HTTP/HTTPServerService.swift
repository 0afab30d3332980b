import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server with everything in front of its routes.
struct HTTPServerService: Service, CustomStringConvertible {
    let host: String
    let port: Int
    let eventLoops: any EventLoopGroup
    let state: ServerState
    let responder: RouterResponder<ServiceRequestContext>
    let logger: Logger
    /// Opened with the port that the server listens on.
    let listening: Gate<Int>

    var description: String { "HTTP server" }

    /// Serves until the graceful shutdown, then finishes what is in flight.
    ///
    /// - Errors: ``ServiceFailure`` when it cannot listen, naming the variable.
    func run() async throws {
        let state = self.state
        let configuration = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionHandler(state: state)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 16 << 10, maxHeaderFieldCount: 100))
        var serverLogger = logger
        // Its info lines repeat what is logged here.
        serverLogger.logLevel = max(logger.logLevel, .notice)
        let application = Application(
            responder: responder,
            server: .http1(configuration: configuration),
            configuration: .init(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? port
                logger.info("listening", metadata: [LogKey.address: "\(host):\(port)"])
                listening.open(port)
            },
            eventLoopGroupProvider: .shared(eventLoops),
            logger: serverLogger
        )
        do { try await application.run() } catch { throw failure(for: error) }
    }

    private func failure(for error: any Error) -> any Error {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE:
            SettingError(
                variable: "HTTP_PORT",
                fault: "\(host):\(port) is already in use; stop what listens there or "
                    + "choose another port", example: "\(port == 65_535 ? 8081 : port + 1)")
        case let error as IOError where error.errnoCode == EACCES:
            SettingError(variable: "HTTP_PORT", fault: "listening on \(host):\(port) is not permitted", example: "8081")
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            SettingError(variable: "HTTP_HOST", fault: "\(host) is not an address of this host", example: "127.0.0.1")
        case is SocketAddressError, is SocketAddressError.UnknownHost:
            SettingError(variable: "HTTP_HOST", fault: "\(host) cannot be resolved", example: "127.0.0.1")
        default: error
        }
    }
}
