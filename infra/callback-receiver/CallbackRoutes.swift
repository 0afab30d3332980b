import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Callbacks come by POST on any path; the other routes are for people and tests.
struct CallbackRoutes: Sendable {
    let journal: Journal

    func register(on router: Router<BasicRequestContext>) {
        router.get("callbacks") { request, _ in
            let group = request.uri.queryParameters["group"].map(String.init)
            let after = request.uri.queryParameters["after"].flatMap { Int($0) } ?? 0
            let limit = request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 1_000
            return try Self.json(["items": journal.entries(group: group, after: after, limit: limit)])
        }
        router.get("summary") { _, _ in try Self.json(journal.summary) }
        router.delete("callbacks") { _, _ in
            journal.clear()
            return HTTPResponse.Status.noContent
        }
        router.put("behaviour") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 16)
            guard let behaviour = try? JSONDecoder().decode(Behaviour.Partial.self, from: Data(buffer: body)) else {
                throw HTTPError(.badRequest, message: "the body must be JSON: status, maxDelayMs, retryAfter, group")
            }
            journal.behaviour = behaviour.behaviour
            return try Self.json(behaviour.behaviour)
        }
        router.get("/") { _, _ in ReceiverPage.response }
        router.post("**", use: receive)
        router.post("/", use: receive)
    }

    @Sendable private func receive(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        // The body is read to its end before anything is decided: half a callback is none.
        for try await _ in request.body {}
        guard let group = Self.header("bypass-group", request), let epoch = Self.number("bypass-epoch", request),
            let sequence = Self.number("bypass-sequence", request)
        else { throw HTTPError(.badRequest, message: "not a callback of bypass-queue") }
        let entry = journal.begin(
            group: group, epoch: epoch, sequence: sequence, attempt: Int(Self.number("bypass-attempt", request) ?? 1),
            webhookId: Self.header("webhook-id", request) ?? "")
        if let reason = entry.reason {
            journal.end(entry.id)
            throw HTTPError(.conflict, message: reason)
        }
        let behaviour = journal.behaviour
        guard behaviour.group == nil || behaviour.group == group else {
            journal.end(entry.id)
            return Response(status: .ok)
        }
        // Also when the caller is gone: it is no less over then.
        defer { journal.end(entry.id) }
        if behaviour.maxDelayMs > 0 {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...behaviour.maxDelayMs)))
        }
        var response = Response(status: .init(code: behaviour.status))
        if let seconds = behaviour.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }

    private static func header(_ name: String, _ request: Request) -> String? {
        HTTPField.Name(name).flatMap { request.headers[$0] }
    }

    private static func number(_ name: String, _ request: Request) -> Int64? {
        header(name, request).flatMap { Int64($0) }
    }

    private static func json(_ value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}

extension Behaviour {
    /// What a request says of it; the rest stays at its default.
    struct Partial: Decodable {
        var status: Int?
        var maxDelayMs: Int?
        var retryAfter: Int?
        var group: String?

        var behaviour: Behaviour {
            Behaviour(status: status ?? 200, maxDelayMs: maxDelayMs ?? 0, retryAfter: retryAfter, group: group)
        }
    }
}
