import Contracts
import Synchronization

/// Bounds the memory of bodies on their way into the store.
final class IntakeBudget: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Runs `body` with so many bytes reserved.
    ///
    /// - Errors: 503 `store-busy`.
    func reserving<Value>(_ bytes: Int, _ body: () async throws -> Value) async throws -> Value {
        try reserve(bytes)
        defer { release(bytes) }
        return try await body()
    }

    /// Reserves so many bytes until ``release(_:)``.
    ///
    /// - Errors: 503 `store-busy`; then nothing is reserved.
    func reserve(_ bytes: Int) throws {
        let total = used.add(bytes, ordering: .relaxed).newValue
        guard total <= limit || total == bytes else {
            release(bytes)
            throw DomainError(
                .unavailable, slug: "store-busy",
                detail: "Too many large messages are on their way into the store; send again later.", retryAfter: 1)
        }
    }

    func release(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
