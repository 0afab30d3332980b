import Contracts
import HTTPTypes
import ServiceRuntime

/// Where webhooks come in, and where they can be looked up.
struct MessageRoutes: RouteModule {
    private static let senders: Access = [.service]

    let accept: AcceptMessage
    let groups: any GroupRepository

    func register(on router: ServiceRouter) {
        router.post("/queues/{group}/messages", for: Self.senders) { request, context in
            let message = MessageHeaders(
                group: try GroupName.check(try context.pathText("group")), headers: request.headers)
            let receipt = try await take(message, urlHeader: .callbackURL, request, context)
            return Answer.json(
                ReceiptAnswer(receipt), status: .accepted,
                headers: [
                    .location: "/queues/\(context.coreContext.parameters.get("group") ?? "")/messages/\(receipt.id)"
                ])
        }
        // The route of the exchange that cannot be changed.
        router.post("/api/ByPassCallBack/post/{id}", for: Self.senders) { request, context in
            let message = MessageHeaders(
                group: try GroupName.check(try context.pathText("id")), headers: request.headers)
            _ = try await take(message, urlHeader: .originalCallbackURL, request, context)
            return Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "ok")))
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

    private func take(
        _ headers: MessageHeaders, urlHeader: HTTPField.Name, _ request: Request, _ context: ServiceRequestContext
    ) async throws -> Receipt {
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? RequestBodyLimit.standard
        // Larger ones are refused before they are read.
        return try await accept.budget.reserving(min(declared, RequestBodyLimit.standard)) {
            try await accept(try headers.message(urlHeader: urlHeader, body: try await request.bytes()))
        }
    }
}
