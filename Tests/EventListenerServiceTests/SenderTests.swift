import Digest
import Foundation
import TestSupport
import Testing

@testable import EventListenerService

@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct SenderTests {
    private static let secret = "0123456789abcdef-shop"
    private static let other = "0123456789abcdef-billing"

    @Test func `with secrets configured every way in asks for one`() async throws {
        let secrets = "shop=\(Self.secret);billing=\(Self.other)"
        try await RunningListener.with(["SENDER_SECRETS": secrets]) { listener in
            let event = Sample.event()
            // One event (taken on the event loop), one with a source, an array, a stream, the original's route.
            for (path, body, type) in [
                ("/events", event, "application/json"), ("/events?source=shop", event, "application/json"),
                ("/events", "[\(event)]", "application/json"), ("/events", event, "application/x-ndjson"),
                ("/Event/PostEvent", event, "application/json"),
            ] {
                func post(_ key: String?) async throws -> TestHTTP.Answer {
                    var headers = ["content-type": type]
                    headers["X-Api-Key"] = key
                    return try await listener.post(path, body, headers)
                }
                for key in [nil, "0123456789abcdef-wrong"] {
                    let answer = try await post(key)
                    #expect(answer.status == 401 && answer.text.contains("sender-not-admitted"), "\(path) \(type)")
                }
                #expect(try await post(Self.secret).status == 200, "\(path) \(type)")
            }
            let named = ["X-Api-Key": Self.other]
            #expect(try await listener.post("/events?source=shop", event, named).status == 401)
            #expect(try await listener.get("/events").status == 200)
            #expect(try await listener.get("/buffer").status == 200)
            try await soon { try await listener.count() == 5 }
        }
    }

    @Test func `a source that signs is named in the URL; a stream cannot be signed`() async throws {
        let secrets = "shop=\(Self.secret);billing=\(Self.other)"
        try await RunningListener.with(["SENDER_SECRETS": secrets]) { listener in
            let event = Sample.event()
            let now = Int64(Date().timeIntervalSince1970)
            let signature = WebhookSignature.header(
                id: "m", timestamp: now, body: Array(event.utf8), keys: [Array(Self.secret.utf8)])
            let headers = ["webhook-id": "m", "webhook-timestamp": "\(now)", "webhook-signature": signature]
            #expect(try await listener.post("/events?source=shop", event, headers).status == 200)
            #expect(try await listener.post("/events?source=billing", event, headers).status == 401)
            #expect(try await listener.post("/events", event, headers).text.contains("?source="))
            #expect(try await listener.post("/events?source=shop", event + " ", headers).status == 401)
            let stream = try await listener.post(
                "/events?source=shop", event, headers.merging(["content-type": "application/x-ndjson"]) { $1 })
            #expect(stream.status == 401 && stream.text.contains("stream"))
            #expect(try await listener.count() == 1)
        }
    }
}
