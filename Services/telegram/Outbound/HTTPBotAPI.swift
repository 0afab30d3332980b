import Foundation
import HTTPClient
import Metrics

/// The Bot API over HTTP. The token is part of every address, so no address is ever shown.
struct HTTPBotAPI: BotAPI, CustomStringConvertible {
    private let client: HTTPClient
    private let base: String
    private let token: String
    private let timeout: Duration

    /// - Parameter url: Without a slash at its end.
    init(client: HTTPClient, url: String, token: String, timeout: Duration) {
        self.client = client
        base = "\(url)/bot\(token)"
        self.token = token
        self.timeout = timeout
    }

    var description: String { "HTTPBotAPI" }

    func send(_ text: String, chat: Int64, sendBefore: ContinuousClock.Instant) async -> SendResult {
        let start = ContinuousClock.now
        let result = await perform(text, chat, sendBefore)
        Metrics.Timer(label: "telegram_send_seconds").record(duration: start.duration(to: .now))
        return result
    }

    private func perform(_ text: String, _ chat: Int64, _ sendBefore: ContinuousClock.Instant) async -> SendResult {
        guard let body = try? JSONEncoder().encode(SendMessage(chat: chat, text: text)) else {
            return .refused("the text has no JSON form")
        }
        // A fresh connection: libcurl repeats a request by itself when a kept one turns out dead, and the Bot API has
        // nothing by which it would know a repeat.
        let request = HTTPRequest(
            method: "POST", url: "\(base)/sendMessage", headers: [("Content-Type", "application/json")],
            body: Array(body), timeout: timeout, connectTimeout: min(timeout, .seconds(3)),
            maxResponseBytes: 256 << 10, freshConnection: true, sendBefore: sendBefore)
        do {
            let response = try await client.send(request)
            return .answer(
                status: response.status, body: redacted(response.body), retryAfterHeader: response["retry-after"])
        } catch let error as HTTPClientError {
            return Self.result(of: error)
        } catch {
            return .lost("the request ended in an unknown way")
        }
    }

    static func result(of error: HTTPClientError) -> SendResult {
        guard !error.requestWasSent else { return .lost("no answer: \(error.code)") }
        let isPeerAway = [.couldNotConnect, .timeout, .connectionLost, .tls, .transfer].contains(error.code)
        return .notSent("the Bot API cannot be reached: \(error.code)", isPeerAway: isPeerAway)
    }

    func probe() async -> String? {
        let request = HTTPRequest(
            url: "\(base)/getMe", timeout: timeout, connectTimeout: min(timeout, .seconds(3)), freshConnection: true)
        do {
            let response = try await client.send(request)
            switch SendResult.answer(status: response.status, body: redacted(response.body)) {
            case .misconfigured(let reason), .lost(let reason): return reason
            default: return nil
            }
        } catch {
            return "the Bot API cannot be reached: \((error as? HTTPClientError)?.code.description ?? "unknown")"
        }
    }

    /// What stands in for the Bot API may quote the address, and its words go into logs and answers.
    private func redacted(_ body: [UInt8]) -> [UInt8] {
        let text = String(decoding: body, as: UTF8.self)
        return text.contains(token) ? Array(text.replacing(token, with: "…").utf8) : body
    }

    private struct SendMessage: Encodable {
        let chat: Int64
        let text: String

        private enum CodingKeys: String, CodingKey {
            case chat = "chat_id"
            case text
        }
    }
}
