import Foundation
import Hummingbird
import Logging
import Synchronization
import TestSupport

/// A stand-in in front of telegram: it hands `POST /telegrams` on to the real service, or does instead what a telegram in
/// trouble would do.
final class FaultProxy: Sendable {
    enum Mode: Sendable, Equatable {
        case handOn
        /// Hands on after this time.
        case slow(Duration)
        /// Answers with this status at once, or after some time.
        case status(Int, after: Duration = .zero)
    }

    private struct State {
        var mode = Mode.handOn
        var target = ""
        var received = 0
    }

    let port: Int
    private let state = Mutex(State())
    private let http = TestHTTP()

    private init() throws { port = try FreePort.any() }

    var url: String { "http://127.0.0.1:\(port)" }
    /// Requests that have come in so far.
    var received: Int { state.withLock { $0.received } }
    func set(_ mode: Mode) { state.withLock { $0.mode = mode } }
    func handOn(to url: String) { state.withLock { $0.target = url } }

    /// Runs `body` with a proxy that answers.
    static func with(_ body: (FaultProxy) async throws -> Void) async throws {
        let proxy = try FaultProxy()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await proxy.run() }
            let isUp = await eventually { (try? await proxy.http.get("\(proxy.url)/"))?.status == 404 }
            guard isUp else { throw TestFailure("the proxy does not answer") }
            try await body(proxy)
            group.cancelAll()
        }
        await proxy.http.close()
    }

    private func run() async throws {
        let router = Router()
        router.post("/telegrams") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            return try await self.answer(String(buffer: body))
        }
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)),
            logger: TestDatabase.quiet)
        try await application.run()
    }

    private func answer(_ body: String) async throws -> Response {
        let (mode, target) = state.withLock { state in
            state.received += 1
            return (state.mode, state.target)
        }
        switch mode {
        case .handOn: break
        case .slow(let delay): try await Task.sleep(for: delay)
        case .status(let status, let delay):
            try await Task.sleep(for: delay)
            return Response(status: .init(code: status))
        }
        let answer = try await http.post("\(target)/telegrams", body)
        return Response(
            status: .init(code: answer.status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
