import Contracts
import Logging
import Resilience

/// Sends one claimed part and writes the outcome down.
struct DeliverMessage: Sendable {
    let api: any BotAPI
    let queue: any SendQueue
    let rules: SettlementRules
    let logger: Logger
    var backoff = Backoff(base: .milliseconds(50), limit: .seconds(2))

    /// - Parameter onTrouble: Called when the outcome cannot be written at once; it is tried again until it is.
    /// - Returns: the message after the outcome, or `nil` when the claim had lapsed meanwhile.
    func callAsFunction(_ claim: Claim, onTrouble: () -> Void = {}) async -> Message? {
        let parts = TextSplitter.parts(of: claim.text)
        let result: SendResult =
            if claim.partsSent < parts.count {
                await api.send(parts[claim.partsSent], chat: claim.chatId, sendBefore: claim.sendBefore)
            } else {
                .refused("the text has no part \(claim.partsSent + 1)")
            }
        report(result, claim)
        return await write(rules.settle(claim, result, parts: parts.count), claim, onTrouble)
    }

    private func write(_ settlement: Settlement, _ claim: Claim, _ onTrouble: () -> Void) async -> Message? {
        for attempt in 1... {
            do {
                let message = try await queue.settle(claim, settlement)
                if message == nil {
                    logger.warning("An outcome came after its claim had lapsed", metadata: LogKey.message(claim))
                }
                return message
            } catch {
                onTrouble()
                if attempt == 1 {
                    logger.warning(
                        "An outcome cannot be written; it is tried again",
                        metadata: LogKey.message(claim, ["error": "\(error)"]))
                }
                // When this process gives up, the lease ends and the message becomes uncertain.
                guard !Task.isCancelled else { return nil }
                try? await Task.sleep(for: backoff.pause(afterAttempt: attempt))
            }
        }
        return nil
    }

    private func report(_ result: SendResult, _ claim: Claim) {
        switch result {
        case .delivered:
            logger.debug("A message was sent", metadata: LogKey.message(claim))
        case .misconfigured(let reason):
            logger.error(
                "The Bot API refuses the token or the address; nothing is sent until it answers again",
                metadata: LogKey.message(claim, [LogKey.reason: "\(reason)"]))
        case .tooFast(let pause):
            logger.info(
                "The Bot API asks for a pause",
                metadata: LogKey.message(claim, [LogKey.pause: "\(pause.inSeconds)"]))
        case .notSent(let reason, _), .lost(let reason), .blocked(let reason), .refused(let reason),
            .serverError(let reason):
            logger.warning(
                "A message was not sent", metadata: LogKey.message(claim, [LogKey.reason: "\(reason)"]))
        case .migrated:
            logger.info("A group has another chat id now", metadata: LogKey.message(claim))
        }
    }
}

/// Keys of the service's log metadata. Chats and texts are personal: neither is logged.
enum LogKey {
    static let reason = "telegram.reason"
    static let pause = "telegram.pause.seconds"
    static let count = "telegram.count"

    static func message(_ claim: Claim, _ others: Logger.Metadata = [:]) -> Logger.Metadata {
        others.merging(["telegram.message.id": "\(claim.messageId)"]) { first, _ in first }
    }
}
