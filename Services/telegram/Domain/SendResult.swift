import Foundation

/// What one request to the Bot API came to.
enum SendResult: Sendable, Hashable {
    /// Telegram has the message.
    case delivered
    /// 429: too fast. Uses up no attempt.
    case tooFast(retryAfter: Duration)
    /// 403: this bot may not write to this chat.
    case blocked(String)
    /// 400 and the like: this message will never be taken.
    case refused(String)
    /// The group has become a supergroup with another id.
    case migrated(to: Int64)
    /// 5xx with the Bot API's own answer: not processed, another attempt makes sense.
    case serverError(String)
    /// 401, 404, a redirect: the token or the address is wrong, whatever the message.
    case misconfigured(String)
    /// Nothing left this process; `isPeerAway` when that is because the Bot API could not be reached.
    case notSent(String, isPeerAway: Bool)
    /// The request went out and nobody knows what became of it.
    case lost(String)
}

extension SendResult {
    /// Reads an answer of the Bot API.
    ///
    /// - Parameter retryAfterHeader: `Retry-After`, for a 429 without `parameters`.
    ///
    /// Source: Bot API, "Making requests" and ResponseParameters (https://core.telegram.org/bots/api#making-requests).
    static func answer(status: Int, body: [UInt8], retryAfterHeader: String? = nil) -> SendResult {
        let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
        let text = "\(status): \(answer?.description.map { String($0.prefix(200)) } ?? "no description")"
        if (200..<300).contains(status) { return answer?.ok == true ? .delivered : .lost("\(status) without a result") }
        if let seconds = answer?.parameters?.retryAfter {
            return .tooFast(retryAfter: .seconds(min(max(seconds, 1), 7 * 86_400)))
        }
        if let chat = answer?.parameters?.migrateToChat { return .migrated(to: chat) }
        switch status {
        case 429: return .tooFast(retryAfter: .seconds(min(max(retryAfterHeader.flatMap { Int($0) } ?? 5, 1), 3600)))
        case 401, 404, 300..<400: return .misconfigured(text)
        case 403: return .blocked(text)
        // Said by something between us and the Bot API, which may have passed the request on.
        case 502, 504: return answer?.ok == false ? .serverError(text) : .lost(text)
        case 500...: return .serverError(text)
        default: return .refused(text)
        }
    }

    private struct Answer: Decodable {
        struct Parameters: Decodable {
            let retryAfter: Int?
            let migrateToChat: Int64?

            private enum CodingKeys: String, CodingKey {
                case retryAfter = "retry_after"
                case migrateToChat = "migrate_to_chat_id"
            }
        }

        let ok: Bool
        let description: String?
        let parameters: Parameters?
    }
}
