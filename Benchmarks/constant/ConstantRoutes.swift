import ServiceRuntime

/// `GET /ordinary/{id}` with a task per request, `GET /mypages/{id}` and `POST /events` without one;
/// `POST /queues/{group}/messages` reads the body.
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
        ]
    }
}
