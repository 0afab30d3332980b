import Hummingbird

/// Puts the sandbox together: state, routes, server.
struct SandboxApplication {
    var token: String
    var capacity: Int

    func build(host: String, port: Int) -> some ApplicationProtocol {
        let messages = MessageStore(capacity: capacity)
        let faults = FaultBoard()
        let webhook = Webhook()

        let router = Router(context: SandboxContext.self)
        BotRoutes(token: token, messages: messages, faults: faults, webhook: webhook).register(on: router)
        ControlRoutes(messages: messages, faults: faults, webhook: webhook).register(on: router)
        router.get("/") { _, _ in LivePage.response }

        return Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: .init(address: .hostname(host, port: port), serverName: "telegram-sandbox")
        )
    }
}
