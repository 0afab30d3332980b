import HTTPTypes
import Hummingbird

extension Request {
    /// The version that the caller's `Consistency-Token` asks to wait for, or `nil` without that header.
    ///
    /// - Errors: 400 `malformed-consistency-token`.
    public func consistencyToken() throws(DomainError) -> ConsistencyToken? {
        let values = headers[values: .consistencyToken]
        guard let text = values.first else { return nil }
        guard values.count == 1, let token = ConsistencyToken(text) else { throw .malformedToken }
        return token
    }
}
