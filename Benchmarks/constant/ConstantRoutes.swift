import ServiceRuntime

/// `GET /ordinary/{id}` with a task per request; `GET /mypages/{id}`, `POST /events` and
/// `POST /queues/{group}/messages` without one, as the services have them.
struct ConstantRoutes: RouteModule {
    let body: [UInt8]

    func register(on router: ServiceRouter) {
        for path in ["/ordinary/{id}", "/mypages/{id}"] {
            router.get(path) { [body] _, context in
                _ = try context.pathID()
                return Answer.bytes(body)
            }
        }
        router.post("/events") { [body] request, _ in
            _ = try await request.bytes()
            return Answer.bytes(body)
        }
        router.post("/queues/{group}/messages") { [body] request, context in
            _ = try context.pathText("group")
            _ = try await request.bytes()
            return Answer.bytes(body, status: .accepted)
        }
    }

    var fastRoutes: [FastRoute] {
        [
            FastRoute(prefix: "/mypages/", route: "/mypages/{id}") { [body] request, responder in
                guard request.id != nil else { return false }
                responder.succeed(FastAnswer(json: body))
                return true
            },
            FastRoute(post: "/events", maxBody: 64 << 10) { [body] _, responder in
                responder.succeed(FastAnswer(json: body))
                return true
            },
            FastRoute(post: "/queues/", suffix: "/messages", route: "/queues/{group}/messages", maxBody: 64 << 10) {
                [body] _, responder in
                responder.succeed(FastAnswer(json: body, status: .accepted))
                return true
            },
        ]
    }
}
