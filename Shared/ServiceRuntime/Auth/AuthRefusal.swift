import Auth
import HTTPTypes

/// Why a request is not let in: what the caller is told, and what the audit log is.
struct AuthRefusal: Error {
    let problem: Problem
    /// A stable name, such as `expired`.
    let reason: String
    /// Who was refused, if that is known for certain.
    var caller: Caller?

    private static let challenge = Problem.challenge

    /// RFC 6750, section 3: without credentials the challenge names no error.
    static let missing = AuthRefusal(
        problem: Problem(
            status: .unauthorized, slug: "token-required",
            detail: "This route needs a token: send it as Authorization: Bearer <token>.",
            headers: [.wwwAuthenticate: challenge]),
        reason: "no-token")

    /// The token is no good.
    static func invalid(_ fault: TokenFault) -> AuthRefusal {
        AuthRefusal(
            problem: Problem(
                status: .unauthorized, slug: "invalid-token", detail: fault.description,
                headers: [
                    .wwwAuthenticate:
                        "\(challenge), error=\"invalid_token\", error_description=\"\(fault.quotable)\""
                ]),
            reason: fault.rawValue)
    }

    /// The token is good, and not for this route.
    static func forbidden(_ caller: Caller, _ access: Access) -> AuthRefusal {
        let needed = access.roles.names
        let detail =
            needed.isEmpty
            ? "This route is open to nobody." : "This route is for the roles \(needed.joined(separator: ", "))."
        return AuthRefusal(
            problem: Problem(
                status: .forbidden, slug: "forbidden", detail: detail,
                headers: [.wwwAuthenticate: "\(challenge), error=\"insufficient_scope\""]),
            reason: "role", caller: caller)
    }

    /// The token names a key that cannot be asked for now.
    static let keysUnavailable = AuthRefusal(
        problem: Problem(
            status: .serviceUnavailable, slug: "keys-unavailable",
            detail: "The keys that tokens are checked with cannot be had now; try again.",
            headers: [.retryAfter: "1"]),
        reason: "keys-unavailable")

    /// An admission has refused.
    static func refused(_ error: DomainError) -> AuthRefusal {
        AuthRefusal(problem: Problem(error), reason: error.slug)
    }
}

extension TokenFault {
    /// As a quoted string of a header: its texts have neither quotes nor backslashes.
    fileprivate var quotable: String { description.filter { $0 != "\"" && $0 != "\\" } }
}
