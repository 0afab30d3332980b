import Auth

/// Where the keys come from that tokens are checked with.
protocol KeySource: Sendable {
    /// What the keys are made from, as it is now; the same bytes mean the same keys.
    ///
    /// - Errors: ``KeySourceFault``.
    func load() async throws -> [UInt8]

    /// The keys in what ``load()`` gave.
    ///
    /// - Errors: ``KeySetDocument/Fault``.
    func ring(_ bytes: [UInt8]) async throws -> KeyRing

    func close() async
}

extension KeySource {
    func ring(_ bytes: [UInt8]) async throws -> KeyRing { try await KeySetDocument.ring(bytes) }
    func close() async {}
}

/// Why there are no keys; safe to show.
struct KeySourceFault: Error, CustomStringConvertible {
    let description: String
}
