import Contracts
import Foundation
import HTTPClient
import Resilience
import Testing

@testable import TelegramService

struct SendResultTests {
    private func result(_ status: Int, _ body: String, retryAfter: String? = nil) -> SendResult {
        .answer(status: status, body: Array(body.utf8), retryAfterHeader: retryAfter)
    }

    @Test func `answers of the Bot API mean what it says they mean`() {
        #expect(result(200, #"{"ok":true,"result":{"message_id":1}}"#) == .delivered)
        #expect(
            result(429, #"{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":14}}"#)
                == .tooFast(retryAfter: .seconds(14)))
        #expect(result(429, "", retryAfter: "3") == .tooFast(retryAfter: .seconds(3)))
        #expect(result(429, "") == .tooFast(retryAfter: .seconds(5)))
        #expect(
            result(403, #"{"ok":false,"description":"Forbidden: bot was blocked by the user"}"#)
                == .blocked("403: Forbidden: bot was blocked by the user"))
        #expect(
            result(400, #"{"ok":false,"description":"Bad Request: chat not found"}"#)
                == .refused("400: Bad Request: chat not found"))
        #expect(
            result(400, #"{"ok":false,"description":"x","parameters":{"migrate_to_chat_id":-1001}}"#)
                == .migrated(to: -1001))
        for status in [401, 404, 301] {
            guard case .misconfigured = result(status, #"{"ok":false,"description":"Unauthorized"}"#) else {
                Issue.record("\(status) is not taken for a wrong token or address")
                continue
            }
        }
    }

    @Test func `an error of the Bot API itself is an answer, one of a gateway is none`() {
        for status in [500, 502, 503] {
            #expect(
                result(status, #"{"ok":false,"error_code":\#(status),"description":"Oh"}"#)
                    == .serverError("\(status): Oh"))
        }
        for status in [502, 504] {
            guard case .lost = result(status, "<html>Bad Gateway</html>") else {
                Issue.record("\(status) of a gateway is taken for an answer")
                continue
            }
        }
        guard case .lost = result(200, "<html>Welcome to our hotel's network</html>") else {
            Issue.record("a stranger's 200 is taken for a success")
            return
        }
    }

    @Test func `what may have been sent is lost, what certainly was not is not`() {
        #expect(HTTPBotAPI.result(of: HTTPClientError(.timeout, requestWasSent: true)) == .lost("no answer: timed out"))
        guard
            case .notSent(_, isPeerAway: true) = HTTPBotAPI.result(
                of: HTTPClientError(.couldNotConnect, requestWasSent: false)),
            case .notSent(_, isPeerAway: false) = HTTPBotAPI.result(
                of: HTTPClientError(.tooLateToSend, requestWasSent: false))
        else {
            Issue.record("a request that was not sent is taken for one that was")
            return
        }
    }
}

struct SettlementRulesTests {
    private let rules = SettlementRules(limits: BotLimits(), maxAttempts: 3)

    private func claim(partsSent: Int = 0, attempts: Int = 0) -> Claim {
        Claim(
            token: UUID(), messageId: 1, chatId: 7, text: "x", partsSent: partsSent, attempts: attempts,
            sendBefore: .now)
    }

    @Test func `the last part makes the message sent, an earlier one goes on with the next`() {
        #expect(rules.settle(claim(), .delivered, parts: 1).next == .done(.sent, reason: nil))
        #expect(rules.settle(claim(), .delivered, parts: 2).next == .again(partsSent: 1, attempts: 0))
        #expect(rules.settle(claim(partsSent: 1), .delivered, parts: 2).next == .done(.sent, reason: nil))
    }

    @Test func `429 uses up no attempt and makes the chat rest as long as it says`() {
        let settlement = rules.settle(claim(attempts: 2), .tooFast(retryAfter: .seconds(60)), parts: 1)
        #expect(settlement.next == .again(partsSent: 0, attempts: 2))
        #expect(settlement.pause == .seconds(60))
        #expect(settlement.note == .tooFast(retryAfter: .seconds(60)))
    }

    @Test func `a server's error is tried again, some times`() {
        let first = rules.settle(claim(), .serverError("500"), parts: 1)
        #expect(first.next == .again(partsSent: 0, attempts: 1))
        #expect(first.pause >= .seconds(1))
        let last = rules.settle(claim(attempts: 2), .serverError("500: Oh"), parts: 1)
        #expect(last.next == .done(.failed, reason: "500: Oh"))
    }

    @Test func `a lost answer makes the message uncertain and stops the rest until the Bot API answers`() {
        let settlement = rules.settle(claim(partsSent: 1), .lost("no answer"), parts: 3)
        #expect(settlement.next == .done(.uncertain, reason: "part 2 of 3: no answer"))
        #expect(settlement.note == .stop("no answer"))
    }

    @Test func `what was not sent stays queued, without an attempt used up`() {
        let away = rules.settle(claim(attempts: 2), .notSent("away", isPeerAway: true), parts: 1)
        #expect(away.next == .again(partsSent: 0, attempts: 2) && away.note == .stop("away"))
        let late = rules.settle(claim(attempts: 2), .notSent("late", isPeerAway: false), parts: 1)
        #expect(late.next == .again(partsSent: 0, attempts: 2) && late.note == .nothing)
        let token = rules.settle(claim(attempts: 2), .misconfigured("401"), parts: 1)
        #expect(token.next == .again(partsSent: 0, attempts: 2) && token.note == .stop("401"))
    }

    @Test func `blocked, refused and moved`() {
        #expect(rules.settle(claim(), .blocked("403"), parts: 1).next == .done(.blocked, reason: "403"))
        #expect(rules.settle(claim(), .refused("400"), parts: 1).next == .done(.failed, reason: "400"))
        #expect(rules.settle(claim(), .migrated(to: -9), parts: 1).next == .moved(to: -9, attempts: 1))
        #expect(
            rules.settle(claim(attempts: 2), .migrated(to: -9), parts: 1).next
                == .done(.failed, reason: "the chat moved too often"))
    }
}
