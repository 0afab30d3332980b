import Contracts

/// Acts on what the Bot API tells of: `/start <code>` links the chat it came from. All else is passed over.
struct HandleUpdate: Sendable {
    enum Outcome: Sendable, Hashable {
        case linked(customerId: Int64)
        case refused(String)
        case ignored
    }

    let codes: LinkCodes
    let repository: any ChatRepository
    let desk: SendDesk

    func callAsFunction(text: String, chatId: Int64, _ context: WriteContext) async throws -> Outcome {
        guard let code = Self.startCode(in: text), chatId != 0 else { return .ignored }
        do {
            let link = try await repository.change(.redeem(try codes.read(code), chatId: chatId), context)
            desk.ring()
            return .linked(customerId: link.id)
        } catch let fault as LinkCode.Fault {
            return .refused(DomainError.badLinkCode(fault).detail)
        } catch let error as DomainError where error.kind == .invalid {
            return .refused(error.detail)
        }
    }

    /// The word after `/start`, or after `/start@bot_name` as groups write it.
    static func startCode(in text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "/start" || words[0].hasPrefix("/start@") else { return nil }
        return String(words[1])
    }
}
