import Contracts
import Digest
import Foundation
import HTTPClient
import InternetAddresses
import Metrics

/// Callbacks over HTTP, signed as Standard Webhooks says. Redirects are not followed.
struct HTTPCallbackSender: CallbackSender {
    /// A longer answer fails: an answer that has no end never tells that the callback has completed.
    private static let maxAnswer = 1 << 20

    let client: HTTPClient
    let urls: CheckedURLs

    func send(_ delivery: Delivery, sendBefore: ContinuousClock.Instant) async -> CallbackResult {
        guard let text = delivery.callbackURL else { return .refused(reason: "the group has no callback URL") }
        // Checked again: the operator may have changed what is allowed since the message was accepted, by a new start.
        let url: CallbackURL
        do throws(DomainError) { url = try urls.check(text) } catch { return .refused(reason: error.detail) }
        var request = HTTPRequest(
            method: "POST", url: url.marked(request: delivery.message.id), headers: headers(delivery),
            body: delivery.message.body, timeout: delivery.settings.timeout,
            connectTimeout: min(delivery.settings.timeout, .seconds(5)), maxResponseBytes: Self.maxAnswer,
            sendBefore: sendBefore)
        request.keptResponseBytes = Attempt.keptBytes
        request.timeoutCoversQueue = false
        request.sendsOnce = true
        request.permitsAddress = { [rules = urls.rules, host = url.host] peer in
            IPAddress(bytes: peer.bytes).map { rules.permits($0, host: host) } ?? false
        }
        do {
            let response = try await client.send(request)
            return .answer(
                status: response.status, retryAfter: response["retry-after"], start: response.body)
        } catch let error as HTTPClientError {
            return Self.result(of: error)
        } catch {
            return .failed(reason: "the request ended in an unknown way")
        }
    }

    static func result(of error: HTTPClientError) -> CallbackResult {
        switch error.code {
        case .addressRefused: .refused(reason: "the host's address is not public and not allowed")
        // libcurl says so too of an answer that is no HTTP.
        case .invalidURL where !error.requestWasSent, .invalidRequest: .refused(reason: "\(error.code)")
        case .tooLateToSend, .cancelled, .queueFull, .closed: .notSent(reason: "\(error.code)")
        default: .failed(reason: error.reason.map { "\(error.code): \($0)" } ?? "\(error.code)")
        }
    }

    private func headers(_ delivery: Delivery) -> [(name: String, value: String)] {
        let message = delivery.message
        let timestamp = Timestamp.now.milliseconds / 1000
        var headers: [(name: String, value: String)] = [
            ("webhook-id", message.webhookID),
            ("webhook-timestamp", String(timestamp)),
            (
                "webhook-signature",
                WebhookSignature.header(
                    id: message.webhookID, timestamp: timestamp, body: message.body,
                    keys: delivery.settings.secrets.map(\.key))
            ),
            ("bypass-group", delivery.group),
            ("bypass-sequence", String(message.sequence)),
            ("bypass-epoch", String(delivery.epoch)),
            ("bypass-attempt", String(delivery.attempt)),
        ]
        if let contentType = message.contentType { headers.append(("content-type", contentType)) }
        if let correlationID = message.correlationID { headers.append(("correlationid", correlationID)) }
        return headers
    }
}
