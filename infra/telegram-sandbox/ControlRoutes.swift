import Foundation
import Hummingbird

/// The sandbox's own routes: look at messages, set faults, write to the bot as a customer would.
struct ControlRoutes {
    var messages: MessageStore
    var faults: FaultBoard
    var webhook: Webhook

    func register(on router: Router<SandboxContext>) {
        router.get("messages", use: list)
        router.delete("messages") { _, _ in
            messages.removeAll()
            return HTTPResponse.Status.noContent
        }
        router.get("faults") { _, _ in try JSONAnswer.response(["items": faults.all]) }
        router.put("faults", use: setFaults)
        router.delete("faults") { _, _ in
            faults.set([])
            return HTTPResponse.Status.noContent
        }
        router.post("updates", use: sendUpdate)
    }

    @Sendable private func list(_ request: Request, _ context: SandboxContext) throws -> Response {
        let found = messages.messages(
            chatId: try number("chatId", request), after: try number("after", request) ?? 0,
            last: try number("last", request).map { Int(clamping: max($0, 0)) })
        return try JSONAnswer.response(["items": found])
    }

    /// One fault, or an array of them of which the first that concerns a request is shown.
    @Sendable private func setFaults(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let body = try await read(request)
        let isArray = body.first { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: "[")
        let new = isArray ? try decode([Fault].self, body) : [try decode(Fault.self, body)]
        if let flaw = new.lazy.compactMap(\.flaw).first { throw SandboxError.badRequest(flaw) }
        faults.set(new)
        return try JSONAnswer.response(["items": new])
    }

    @Sendable private func sendUpdate(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let update = try decode(CustomerMessage.self, try await read(request))
        let status = try await webhook.deliver(chatId: update.chatId, text: update.text)
        return try JSONAnswer.response(["status": status])
    }

    private struct CustomerMessage: Decodable {
        var chatId: Int64
        var text: String
    }

    private func number(_ name: String, _ request: Request) throws -> Int64? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let number = Int64(text) else { throw SandboxError.badRequest("\(name) must be a whole number") }
        return number
    }

    private func read(_ request: Request) async throws -> Data {
        guard let body = try? await request.body.collect(upTo: 1 << 20) else {
            throw SandboxError(status: .contentTooLarge, detail: "the body is larger than 1 MiB")
        }
        return Data(body.readableBytesView)
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ body: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch let error as DecodingError {
            throw SandboxError.badRequest("the body is not what is expected here: \(error.reason)")
        }
    }
}

extension DecodingError {
    /// The field and its fault, in a few words.
    fileprivate var reason: String {
        switch self {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is not of type \(type)"
        default: "not JSON"
        }
    }
}
