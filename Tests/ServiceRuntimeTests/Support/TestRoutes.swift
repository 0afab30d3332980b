import ServiceRuntime

struct Thing: Encodable {
    let id: Int64
    let title: String?
}

struct NewThing: JSONBody {
    static let fields = ["customerId", "title", "status", "at", "inner"]
    let customerId: Int64
    let title: String?
    let status: MissionStatus

    init(_ fields: inout JSONFields) throws {
        customerId = try fields.id("customerId")
        title = try fields.optionalString("title", maxLength: 10)
        status = try fields.optionalChoice("status", of: [.created, .achieved]) ?? .created
        _ = try fields.optionalTimestamp("at")
        _ = try fields.optionalObject("inner", as: InnerThing.self)
    }
}

struct InnerThing: JSONBody {
    static let fields = ["flag"]
    init(_ fields: inout JSONFields) throws { _ = try fields.optionalBool("flag") }
}

struct Broken: Error, CustomStringConvertible {
    var description: String { "password=hunter2" }
}

struct TestRoutes: RouteModule {
    let hooks: TestHooks

    func register(on router: ServiceRouter) {
        router.post("/things") { request, context in
            let (thing, write) = try await request.write(NewThing.self, context) { error, _ in throw error }
            let key = write.idempotency.map { "\($0.route) \($0.key) \($0.bodyDigest.count)" }
            let answer = Thing(id: thing.customerId, title: key ?? thing.title)
            return Answer.created(
                answer, location: "/things/\(answer.id)", token: ConsistencyToken(.mission, id: answer.id, version: 1))
        }
        router.post("/written") { request, _ in
            Answer.json(Thing(id: Int64(try await request.bytes().count), title: "ordinary"))
        }
        router.post("/boxes/{name}/notes", query: ["b"]) { request, _ in
            Answer.json(Thing(id: Int64(try await request.bytes().count), title: "ordinary"))
        }
        router.post("/raw") { request, _ in
            hooks.slowStarted.withLock { $0 += 1 }
            do {
                let bytes = try await request.bytes()
                hooks.stopped.withLock { $0.append("read \(bytes.count)") }
                return Answer.empty()
            } catch {
                hooks.stopped.withLock { $0.append("failed") }
                throw error
            }
        }
        router.get("/things", query: ["customerId", "status", "limit", "after"]) { _, context in
            _ = try context.query { (try $0.id("customerId"), try $0.choice("status", of: MissionStatus.self)) }
            let page = try context.page()
            let items = (0...page.limit).map { Thing(id: (page.after?.after ?? 0) + Int64($0) + 1, title: nil) }
            return Answer.page(Page(fetched: items, limit: page.limit, id: \.id))
        }
        router.get("/things/{id}") { _, context in Answer.json(Thing(id: try context.pathID(), title: "slow")) }
        router.delete("/things/{id}") { _, context in
            _ = try context.writeContext(body: [])
            return Answer.empty()
        }
        router.post("/things/literal") { _, _ in Answer.empty() }
        router.get("/names/{name}") { _, context in Answer.json(Thing(id: 1, title: try context.pathText("name"))) }
        registerGuarded(on: router)
        router.get("/fast/{id}", for: [.customer, .operator]) { _, context in
            Answer.json(Thing(id: try context.pathID(), title: "slow"))
        }
        router.get("/slow") { _, _ in
            hooks.slowStarted.withLock { $0 += 1 }
            try await hooks.slow.wait()
            return Answer.json(Thing(id: 1, title: "waited"))
        }
        router.get("/broken") { _, _ in throw Broken() }
        router.get("/refused") { _, _ in throw HTTPError(.unauthorized, message: "no") }
        router.get("/away") { _, _ in throw DomainError(.unavailable, slug: "store-unavailable", detail: "Try again.") }
        router.get("/echo") { _, context in
            Answer.json([context.requestID, context.correlationID, context.trace.traceID])
        }
    }

    /// Routes that say who may call them.
    private func registerGuarded(on router: ServiceRouter) {
        router.get("/scope", for: [.customer, .operator], query: ["customerId"]) { _, context in
            let asked = try context.query { try $0.id("customerId") }
            return Answer.json(["customer": try context.scope.filter(asked), "known": context.caller == nil ? 0 : 1])
        }
        router.post("/commands", for: [.operator]) { request, context in
            let write = try context.writeContext(body: try await request.bytes())
            return Answer.json(["owner": write.idempotency?.caller])
        }
        router.post("/signed", for: Access([.service]).or(TestAdmission())) { request, context in
            let body = try await request.bytes()
            return Answer.json(["subject": context.caller?.subject, "body": String(decoding: body, as: UTF8.self)])
        }
        router.get("/open", for: .everyone) { _, _ in Answer.empty() }
    }
}

/// Lets in whoever repeats the body in a header.
private struct TestAdmission: Admission {
    func isMeant(by head: HTTPRequest) -> Bool { proof(of: head) != nil }

    func needsBody(_ head: HTTPRequest) -> Bool { true }

    func admit(_ head: HTTPRequest, body: ByteBuffer?) throws(DomainError) -> Caller {
        guard proof(of: head) == body.map({ String(buffer: $0) }) else {
            throw DomainError(.unauthenticated, slug: "wrong-proof", detail: "The proof does not fit the body.")
        }
        return Caller(subject: "sender", roles: .service)
    }

    private func proof(of head: HTTPRequest) -> String? {
        head.headerFields.first { $0.name.canonicalName == "x-test-proof" }?.value
    }
}
