import ServiceRuntime

/// `GET /ordinary/{id}` with a task per request, `GET /mypages/{id}` without one.
struct ConstantRoutes: RouteModule {
    let body: [UInt8]

    func register(on router: ServiceRouter) {
        for path in ["/ordinary/{id}", "/mypages/{id}"] {
            router.get(path) { [body] _, context in
                _ = try context.pathID()
                return Answer.bytes(body)
            }
        }
    }

    var fastRoute: FastRoute {
        FastRoute(prefix: "/mypages/", route: "/mypages/{id}") { [body] request, responder in
            guard request.id != nil else { return false }
            responder.succeed(FastAnswer(json: body))
            return true
        }
    }
}
