import Digest
import Foundation
import TestSupport
import Testing

@testable import BypassQueueService

@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct SenderTests {
    private static let secret = "0123456789abcdef-orders"
    private static let routes = ["/queues/orders/messages", "/api/ByPassCallBack/post/orders"]

    @Test func `with secrets configured both intake routes ask for the group's, and nothing else does`() async throws {
        let secrets = "orders=\(Self.secret);signed=\(SigningSecret().text)"
        try await RunningQueue.with(["SENDER_SECRETS": secrets], hasBroker: false) { queue in
            #expect(try await queue.put("orders", #"{"callbackUrl": "\#(queue.receiver.url)"}"#).status == 201)
            for path in Self.routes {
                for headers in [[:], ["X-Api-Key": "0123456789abcdef-other"], ["webhook-signature": "v1,AAAA"]] {
                    let answer = try await queue.send("orders", [1], headers, path: path)
                    #expect(answer.status == 401 && answer[header: "content-type"] == "application/problem+json")
                    #expect(try (answer.decode() as RunningQueue.Problem).type == "sender-not-admitted")
                }
                #expect(
                    [200, 202].contains(
                        try await queue.send("orders", [1], ["X-Api-Key": Self.secret], path: path).status))
            }
            #expect(try await queue.send("signed", [1], ["X-Api-Key": Self.secret]).status == 401)
            #expect(!(try await queue.http.get(queue.url + "/queues/orders")).text.contains(Self.secret))
        }
    }

    @Test func `a sender that signs as Standard Webhooks is admitted, and its id makes a repeat harmless`() async throws
    {
        let secret = SigningSecret()
        try await RunningQueue.with(["SENDER_SECRETS": "g=\(SigningSecret().text),\(secret.text)"]) { queue in
            let timestamp = Int64(Date().timeIntervalSince1970)
            let headers = [
                "webhook-id": "m1", "webhook-timestamp": String(timestamp),
                "webhook-signature": WebhookSignature.header(
                    id: "m1", timestamp: timestamp, body: [7], keys: [secret.key]),
            ]
            for _ in 0..<2 { #expect(try await queue.send("g", [7], headers).status == 202) }
            #expect(try await queue.send("g", [8], headers).status == 401)
            try await soon { queue.receiver.callbacks.count == 1 }
            #expect(queue.receiver.callbacks[0].body == [7])
        }
    }
}
