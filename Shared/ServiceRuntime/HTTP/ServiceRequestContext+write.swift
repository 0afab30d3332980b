import Digest
import Hummingbird

extension ServiceRequestContext {
    /// What a write carries to the store: correlation id, trace, and the `Idempotency-Key` with what it belongs to.
    ///
    /// - Errors: 400 `invalid-idempotency-key` for a key that is not 1 to 255 visible ASCII characters.
    public func writeContext(body: [UInt8]) throws -> WriteContext {
        WriteContext(
            correlationID: correlationID, trace: trace, idempotency: try idempotencyTicket(body: body), scope: scope)
    }

    private func idempotencyTicket(body: [UInt8]) throws -> IdempotencyTicket? {
        let keys = head.headerFields[values: .idempotencyKey]
        guard let key = keys.first else { return nil }
        guard keys.count == 1, (1...255).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw DomainError(
                .malformed, slug: "invalid-idempotency-key",
                detail: "The Idempotency-Key must be 1 to 255 visible ASCII characters without spaces, given once.")
        }
        return IdempotencyTicket(
            route: "\(head.method.rawValue) \(path)", caller: caller?.subject ?? "-", key: key,
            bodyDigest: SHA256.digest(of: body))
    }
}
