import Foundation
import Synchronization

/// The token that a service shows to another service.
///
/// Read anew from its file when a second has passed, so that a token that is replaced there is used without a restart.
/// While the file cannot be read, the last token stays in use.
public final class ServiceToken: Sendable, CustomStringConvertible {
    private struct State {
        var token: String?
        var readAt: ContinuousClock.Instant?
    }

    private let path: String?
    private let recheck: Duration
    private let state: Mutex<State>

    /// - Parameter recheck: How old what was read may become.
    public init(file path: String, recheck: Duration = .seconds(1)) {
        self.path = path
        self.recheck = recheck
        state = Mutex(State())
    }

    /// A token that stays the same for the life of the process.
    public init(text: String) {
        path = nil
        recheck = .zero
        state = Mutex(State(token: text))
    }

    public var description: String { "ServiceToken" }

    /// The token, or `nil` while there has been none in the file.
    public var current: String? {
        state.withLock { state in
            guard let path, state.readAt.map({ $0 + recheck <= .now }) ?? true else { return state.token }
            state.readAt = .now
            if let token = Self.read(path) { state.token = token }
            return state.token
        }
    }

    /// The value of `Authorization`, or `nil` while there is no token.
    public var authorization: String? { current.map { "Bearer \($0)" } }

    private static func read(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path), data.count <= TokenParts.maxLength else {
            return nil
        }
        let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return token.isEmpty || token.contains(where: \.isWhitespace) ? nil : token
    }
}
