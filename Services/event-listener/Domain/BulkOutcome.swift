/// What became of one document of a bulk request.
enum BulkOutcome: Sendable, Hashable {
    case indexed
    /// Not now; the same document may pass later.
    case retry(String)
    /// Never; with the index's reason.
    case rejected(String)
}
