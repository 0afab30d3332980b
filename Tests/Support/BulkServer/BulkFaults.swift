/// What a ``BulkServer`` does wrong, on demand.
public struct BulkFaults: Sendable, Hashable {
    /// Answers every request as a whole with this status: 413, 429, 503.
    public var status: Int?
    /// Waits before each answer.
    public var delay: Duration = .zero
    /// Share of the items that get 429, as a node does whose write queue is full.
    public var shareRefused = 0.0
    /// Items whose document holds this text get 400, as with a field that does not fit its mapping.
    public var poison: String?
    /// A body with more bytes gets 413, as `http.max_content_length` has it.
    public var maxBytes = 100 << 20
    /// Requests without this `Authorization` get 401.
    public var authorization: String?

    public init() {}
}
