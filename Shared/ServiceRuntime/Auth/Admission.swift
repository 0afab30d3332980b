import Auth
import HTTPTypes
import NIOCore

/// Another way into a route than a bearer token: a proof that the request itself carries, such as a signature over its
/// body with a secret that sender and service share.
///
/// A route names it beside its roles: `for: Access([.service]).or(admission)`. It is asked when a request comes without
/// a token and ``isMeant(by:)``; where it ``needsBody(_:)``, the whole body is read first, at most 1 MiB of it.
public protocol Admission: Sendable {
    /// Whether the request carries a proof of this kind, good or bad.
    func isMeant(by head: HTTPRequest) -> Bool

    /// Whether the proof speaks of the body. Without it a stream can be let in before it has come.
    func needsBody(_ head: HTTPRequest) -> Bool

    /// Checks the proof, in a time that does not depend on how wrong it is.
    ///
    /// - Parameter body: `nil` where it is not needed.
    /// - Returns: The sender, by the name that the audit log and idempotency keys know it by.
    /// - Errors: A refusal of kind `unauthenticated` that says what to change and nothing of the secret.
    func admit(_ head: HTTPRequest, body: ByteBuffer?) throws(DomainError) -> Caller
}
