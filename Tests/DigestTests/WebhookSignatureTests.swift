import Digest
import Testing

@Suite("Signatures of Standard Webhooks")
struct WebhookSignatureTests {
    private let keys = [[UInt8](repeating: 1, count: 24), [UInt8](repeating: 2, count: 24)]

    private func isGood(
        _ header: String, id: String = "m", timestamp: Int64 = 7, body: String = "{}", keys: [[UInt8]]? = nil
    ) -> Bool {
        WebhookSignature.verify(header, id: id, timestamp: timestamp, body: Array(body.utf8), keys: keys ?? self.keys)
    }

    @Test("are verified with either of two keys, and with either of two signatures")
    func rotation() {
        for keys in [[keys[0]], [keys[1]], keys, keys.reversed()] {
            let header = WebhookSignature.header(id: "m", timestamp: 7, body: Array("{}".utf8), keys: keys)
            #expect(isGood(header))
            #expect(isGood("v1a,AAAA v1,AAAA " + header))
        }
        let first = WebhookSignature.header(id: "m", timestamp: 7, body: Array("{}".utf8), keys: [keys[0]])
        #expect(!isGood(first, keys: [keys[1]]))
        #expect(!isGood(first, keys: []))
    }

    @Test("cover the id, the time and the body")
    func covers() {
        let header = WebhookSignature.header(id: "m", timestamp: 7, body: Array("{}".utf8), keys: keys)
        #expect(!isGood(header, id: "n") && !isGood(header, timestamp: 8) && !isGood(header, body: "{ }"))
    }

    @Test("that are none are refused", arguments: ["", "v1,", "v1", "v2,AAAA", "v1,%%%", "v1,AAAA", "AAAA"])
    func malformed(header: String) { #expect(!isGood(header)) }
}
