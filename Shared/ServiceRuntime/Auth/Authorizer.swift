import Auth
import HTTPTypes
import Hummingbird
import NIOCore

/// Decides of each request who calls, and whether the route is for that caller.
final class Authorizer: Sendable {
    private static let scheme = "bearer "

    private let verifier: TokenVerifier
    private let keys: KeyRefresher
    private let cache: TokenCache

    init(verifier: TokenVerifier, keys: KeyRefresher, cache: TokenCache) {
        self.verifier = verifier
        self.keys = keys
        self.cache = cache
    }

    /// The caller, if its token is remembered and the route is for it; does not block and does not wait.
    ///
    /// `nil` leaves the decision to ``authorize(_:_:)``.
    func remembered(_ head: HTTPRequest, _ access: Access) -> Caller? {
        guard let credentials = head.headerFields[.authorization],
            let caller = cache.find(credentials, at: .now), access.admits(caller)
        else { return nil }
        return caller
    }

    /// The caller; `nil` where a route is for everyone and nobody has said who calls.
    ///
    /// - Parameter request: Its body is read and put back where an admission has to see it.
    /// - Errors: ``AuthRefusal``, and what reading a body throws.
    func authorize(_ request: inout Request, _ access: Access) async throws -> Caller? {
        guard !access.isOpen else { return nil }
        guard let credentials = request.headers[.authorization] else {
            guard let admission = access.admission, admission.isMeant(by: request.head) else {
                throw AuthRefusal.missing
            }
            return try await admit(&request, admission)
        }
        let caller = try await caller(credentials)
        guard access.admits(caller) else { throw AuthRefusal.forbidden(caller, access) }
        return caller
    }

    private func caller(_ credentials: String) async throws(AuthRefusal) -> Caller {
        if let caller = cache.find(credentials, at: .now) { return caller }
        guard credentials.prefix(Self.scheme.count).lowercased() == Self.scheme else { throw .missing }
        let token = credentials.dropFirst(Self.scheme.count).drop { $0 == " " }
        do {
            return try check(token, credentials)
        } catch .unknownKey {
            guard await keys.renew() else { throw .keysUnavailable }
        } catch {
            throw .invalid(error)
        }
        do { return try check(token, credentials) } catch { throw .invalid(error) }
    }

    private func check(_ token: Substring, _ credentials: String) throws(TokenFault) -> Caller {
        let generation = cache.generation
        // Before the first keys have come no key is known.
        guard let ring = keys.ring else { throw .unknownKey }
        let verified = try verifier.verify(token, keys: ring)
        cache.store(credentials, verified, generation: generation)
        return verified.caller
    }

    private func admit(_ request: inout Request, _ admission: any Admission) async throws -> Caller {
        guard admission.needsBody(request.head) else { return try Self.admit(request.head, nil, admission) }
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= RequestBodyLimit.standard else {
            throw DomainError.bodyTooLarge(limit: RequestBodyLimit.standard)
        }
        let body = try await request.collectBody(upTo: RequestBodyLimit.standard)
        return try Self.admit(request.head, body, admission)
    }

    private static func admit(
        _ head: HTTPRequest, _ body: ByteBuffer?, _ admission: any Admission
    ) throws(AuthRefusal) -> Caller {
        do { return try admission.admit(head, body: body) } catch { throw .refused(error) }
    }
}
