import Synchronization
import TestSupport

/// Publishes an issuer's key set over HTTP, and can be taken down.
final class KeyServer: Sendable {
    private struct State {
        var keySet: String
        var isDown = false
        var requests = 0
    }

    private final class Answers: Sendable {
        let state: Mutex<State>
        init(_ keySet: String) { state = Mutex(State(keySet: keySet)) }
    }

    private let answers: Answers
    private let server: RawServer

    init(_ keySet: String) throws {
        let answers = Answers(keySet)
        self.answers = answers
        server = try RawServer { connection in
            while connection.readRequest() != nil {
                let (keySet, isDown) = answers.state.withLock { state in
                    state.requests += 1
                    return (state.keySet, state.isDown)
                }
                guard !isDown else { return connection.answer("500 Internal Server Error") }
                connection.answer(body: keySet)
            }
        }
    }

    deinit { server.stop() }

    var url: String { "\(server.url)/jwks.json" }
    var requests: Int { answers.state.withLock { $0.requests } }

    func publish(_ keySet: String) { answers.state.withLock { $0.keySet = keySet } }
    func setDown(_ isDown: Bool) { answers.state.withLock { $0.isDown = isDown } }
}
