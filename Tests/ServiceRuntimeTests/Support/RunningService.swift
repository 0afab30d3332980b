import Logging
import ServiceRuntime

/// Runs the test service for the length of `body`.
func withService(
    _ environment: [String: String] = [:], hooks: TestHooks = TestHooks(), logger: Logger = .silent,
    _ body: (Int, ServiceApplication) async throws -> Void
) async throws {
    let configuration = try TestConfiguration(environment, hooks: hooks)
    let application = try ServiceApplication(TestService.self, configuration: configuration, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await application.run() }
        guard let port = await application.port() else { return }
        do {
            try await body(port, application)
        } catch {
            group.cancelAll()
            throw error
        }
        application.shutDown(drain: .zero)
        try await group.waitForAll()
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// One request on a connection of its own.
func fetch(_ port: Int, _ request: String) async throws -> RawAnswer {
    let connection = try await RawConnection.open(port: port)
    try await connection.send(request)
    let answer = try await connection.receive(answers: 1)[0]
    await connection.close()
    return answer
}

func fetch(_ port: Int, get path: String, headers: String = "") async throws -> RawAnswer {
    try await fetch(port, "GET \(path) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
}

func fetch(
    _ port: Int, post path: String, _ body: String, type: String? = "application/json", headers: String = ""
) async throws -> RawAnswer {
    let media = type.map { "Content-Type: \($0)\r\n" } ?? ""
    return try await fetch(
        port,
        "POST \(path) HTTP/1.1\r\nHost: test\r\n\(media)\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
}
