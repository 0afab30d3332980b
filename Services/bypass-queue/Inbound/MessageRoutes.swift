import Contracts
import HTTPTypes
import ServiceRuntime

/// Where webhooks come in, and where they can be looked up.
struct MessageRoutes: RouteModule {
    /// Bodies up to this size are taken on the event loop.
    private static let fastLimit = 64 << 10

    let accept: AcceptMessage
    let groups: any GroupRepository
    let senders: SenderSecrets
    private let turns: TurnBatches<[(IncomingMessage, MessageIntake.Completion)]>

    init(accept: AcceptMessage, groups: any GroupRepository, senders: SenderSecrets) {
        self.accept = accept
        self.groups = groups
        self.senders = senders
        turns = TurnBatches(make: { [] }, finish: { accept($0) })
    }

    func register(on router: ServiceRouter) {
        router.post("/queues/{group}/messages", for: admitted(1)) { request, context in
            let message = MessageHeaders(
                group: try GroupName.check(try context.pathText("group")), headers: request.headers)
            let receipt = try await take(message, urlHeader: .callbackURL, request, context)
            return Answer.bytes(
                receipt.json, status: .accepted,
                headers: [.location: Self.location(context.coreContext.parameters.get("group") ?? "", receipt)])
        }
        // The route of the exchange that cannot be changed.
        router.post("/api/ByPassCallBack/post/{id}", for: admitted(3)) { request, context in
            let message = MessageHeaders(
                group: try GroupName.check(try context.pathText("id")), headers: request.headers)
            _ = try await take(message, urlHeader: .originalCallbackURL, request, context)
            return Response(
                status: .ok, headers: Self.ok.headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: Self.ok.body)))
        }
        router.get("/queues/{group}/messages", for: [.operator], query: ["limit", "after"]) { _, context in
            let page = try await groups.messages(in: try context.pathText("group"), try context.page())
            return Answer.page(Page(items: page.items.map(WaitingMessageAnswer.init), next: page.next))
        }
        router.get("/queues/{group}/messages/{id}", for: [.operator]) { _, context in
            Answer.json(
                MessageStatusAnswer(
                    try await groups.message(try context.pathID(), in: try context.pathText("group"))))
        }
    }

    /// Small messages, without a task for each.
    var fastRoutes: [FastRoute] {
        [
            FastRoute(
                post: "/queues/", suffix: "/messages", route: "/queues/{group}/messages", for: admitted(1),
                maxBody: Self.fastLimit
            ) { request, responder in
                takeFast(request, responder, urlHeader: .callbackURL) { receipt in
                    var headers = request.answerIDs
                    headers[.location] = Self.location(receipt.group, receipt)
                    return FastAnswer(json: receipt.json, status: .accepted, headers: headers)
                }
            },
            FastRoute(
                post: "/api/ByPassCallBack/post/", suffix: "", route: "/api/ByPassCallBack/post/{id}", for: admitted(3),
                maxBody: Self.fastLimit
            ) { request, responder in
                takeFast(request, responder, urlHeader: .originalCallbackURL) { _ in
                    var answer = Self.ok
                    answer.headers.append(contentsOf: request.answerIDs)
                    return answer
                }
            },
        ]
    }

    private func takeFast(
        _ request: FastRequest, _ responder: FastResponder, urlHeader: HTTPField.Name,
        answer: @escaping @Sendable (Receipt) -> FastAnswer
    ) -> Bool {
        let size = request.body.readableBytes
        // What the completion holds is counted by every thread that holds it: no more than it needs.
        let budget = accept.budget
        do {
            let headers = MessageHeaders(
                group: try GroupName.check(String(request.remainder)), headers: request.head.headerFields)
            try budget.reserve(size)
            do {
                let body = Array(buffer: request.body)
                if !request.isAuthenticated {
                    try senders.require(headers.group, headers: headers.headers, body: body)
                }
                let message = try headers.message(urlHeader: urlHeader, body: body)
                let completion: MessageIntake.Completion = { result in
                    budget.release(size)
                    switch result {
                    case .success(let receipt): responder.succeed(making: { answer(receipt) })
                    case .failure(let error): responder.fail(error)
                    }
                }
                turns.add(for: responder, bytes: size) { $0.append((message, completion)) }
            } catch {
                budget.release(size)
                throw error
            }
        } catch {
            responder.fail(error)
        }
        return true
    }

    /// Senders with a token, or with what `SENDER_SECRETS` knows of the group that the path names.
    private func admitted(_ segment: Int) -> Access {
        Access([.service]).or(SenderProof(senders, sender: .segment(segment)))
    }

    /// What the original answered.
    private static let ok = FastAnswer(json: Array("ok".utf8), headers: [.contentType: "text/plain; charset=utf-8"])

    private static func location(_ group: String, _ receipt: Receipt) -> String {
        "/queues/\(group)/messages/\(receipt.id)"
    }

    private func take(
        _ headers: MessageHeaders, urlHeader: HTTPField.Name, _ request: Request, _ context: ServiceRequestContext
    ) async throws -> Receipt {
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? RequestBodyLimit.standard
        // Larger ones are refused before they are read.
        return try await accept.budget.reserving(min(declared, RequestBodyLimit.standard)) {
            let body = try await request.bytes()
            if context.caller == nil { try senders.require(headers.group, headers: request.headers, body: body) }
            return try await accept(try headers.message(urlHeader: urlHeader, body: body))
        }
    }
}
