/// A fault that the sandbox shows on purpose.
struct Fault: Codable, Sendable, Hashable {
    /// Answer with this HTTP status and the Bot API's words for it; the message is not recorded.
    var status: Int?
    /// Seconds for `parameters.retry_after`; without `status` it means 429.
    var retryAfter: Int?
    /// Milliseconds before the answer. A message without another fault is recorded when it arrives.
    var delayMs: Int?
    /// Record the message, then close the connection without an answer.
    var closeAfterRead: Bool?
    /// Only requests to this chat; otherwise every request.
    var chatId: Int64?
    /// The fraction of those requests that is concerned, 0 to 1; otherwise all.
    var share: Double?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case status, retryAfter, delayMs, closeAfterRead, chatId, share
    }

    /// The status to answer with, or `nil` when the request is to be carried out.
    var effectiveStatus: Int? { status ?? (retryAfter == nil ? nil : 429) }

    /// Whether a request to `chat` meets this fault; `dice` is a random number in 0..<1.
    func concerns(chat: Int64?, dice: Double) -> Bool {
        (chatId == nil || chatId == chat) && dice < share ?? 1
    }

    /// What is wrong with it, or `nil`.
    var flaw: String? {
        if let status, !(400...599).contains(status) { return "status must be 400 to 599, not \(status)" }
        if let retryAfter, retryAfter < 0 { return "retryAfter must not be negative" }
        if let delayMs, !(0...600_000).contains(delayMs) { return "delayMs must be 0 to 600000, not \(delayMs)" }
        if let share, !(0...1).contains(share) { return "share must be 0 to 1, not \(share)" }
        return nil
    }

    init(from decoder: any Decoder) throws {
        try Self.refuseUnknownFields(decoder)
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        status = try fields.decodeIfPresent(Int.self, forKey: .status)
        retryAfter = try fields.decodeIfPresent(Int.self, forKey: .retryAfter)
        delayMs = try fields.decodeIfPresent(Int.self, forKey: .delayMs)
        closeAfterRead = try fields.decodeIfPresent(Bool.self, forKey: .closeAfterRead)
        chatId = try fields.decodeIfPresent(Int64.self, forKey: .chatId)
        share = try fields.decodeIfPresent(Double.self, forKey: .share)
    }

    private static func refuseUnknownFields(_ decoder: any Decoder) throws {
        let known = Set(CodingKeys.allCases.map(\.rawValue))
        let given = try decoder.singleValueContainer().decode([String: BotParameter].self)
        guard let unknown = given.keys.sorted().first(where: { !known.contains($0) }) else { return }
        let names = known.sorted().joined(separator: ", ")
        throw SandboxError.badRequest("unknown field \"\(unknown)\"; known are \(names)")
    }
}
