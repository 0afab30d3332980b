import NIOCore
import NIOHTTP1
import NIOPosix

/// One POST over one connection: all that a webhook needs.
struct WebhookClient {
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    var timeout: Duration

    enum Failure: Error {
        case timeout, noAnswer
    }

    /// Sends `body` and returns the status of the answer.
    func post(_ body: [UInt8], to target: WebhookTarget) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await send(body, to: target) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw Failure.timeout
            }
            defer { group.cancelAll() }
            guard let status = try await group.next() else { throw Failure.noAnswer }
            return status
        }
    }

    private func send(_ body: [UInt8], to target: WebhookTarget) async throws -> Int {
        let connection: Connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(3))
            .connect(host: target.host, port: target.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head(target, length: body.count)))
            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body))))
            try await outbound.write(.end(nil))
            for try await part in inbound {
                if case .head(let head) = part { return Int(head.status.code) }
            }
            throw Failure.noAnswer
        }
    }

    private func head(_ target: WebhookTarget, length: Int) -> HTTPRequestHead {
        var headers = HTTPHeaders([
            ("Host", "\(target.host):\(target.port)"), ("Content-Type", "application/json"),
            ("Content-Length", String(length)), ("Connection", "close"),
        ])
        if let secret = target.secret {
            headers.add(name: "X-Telegram-Bot-Api-Secret-Token", value: secret)
        }
        return HTTPRequestHead(version: .http1_1, method: .POST, uri: target.path, headers: headers)
    }
}
