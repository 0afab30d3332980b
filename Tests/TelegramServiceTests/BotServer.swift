import Contracts
import Foundation
import Hummingbird
import ServiceRuntime
import Synchronization
import TestSupport

/// A Bot API on a real socket, as small as it can be.
final class BotServer: Sendable {
    struct Reply: Sendable {
        var status = 200
        var body = #"{"ok":true,"result":{"message_id":1}}"#
        var delay: Duration = .zero
    }

    static let token = "1:secret_TOKEN-x"
    let port: Int
    private let state = Mutex((reply: Reply(), texts: [String](), paths: [String]()))

    init() throws { port = try FreePort.any() }

    var texts: [String] { state.withLock { $0.texts } }
    var paths: [String] { state.withLock { $0.paths } }
    func reply(_ reply: Reply) { state.withLock { $0.reply = reply } }

    func run() async throws {
        let router = Router()
        router.post("/:bot/sendMessage") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let message = try JSONDecoder().decode(SendMessage.self, from: Data(buffer: body))
            return try await self.answer(request.uri.path, message.text)
        }
        router.get("/:bot/getMe") { request, _ in try await self.answer(request.uri.path, nil) }
        let address = BindAddress.hostname("127.0.0.1", port: port)
        try await Application(router: router, configuration: .init(address: address), logger: TestDatabase.quiet).run()
    }

    private func answer(_ path: String, _ text: String?) async throws -> Response {
        let reply = state.withLock { state in
            state.paths.append(path)
            if let text, state.reply.status == 200 { state.texts.append(text) }
            return state.reply
        }
        if reply.delay > .zero { try await Task.sleep(for: reply.delay) }
        return Response(
            status: .init(code: reply.status), body: ResponseBody(byteBuffer: ByteBuffer(string: reply.body)))
    }

    private struct SendMessage: Decodable { let text: String }
}
