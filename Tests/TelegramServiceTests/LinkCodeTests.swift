import Contracts
import Digest
import Foundation
import Testing

@testable import TelegramService

struct LinkCodeTests {
    private let secret = Array("a secret".utf8)
    private let now = Timestamp(milliseconds: 1_800_000_000_123)

    private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    @Test func `HMAC-SHA256 gives the values of RFC 4231`() {
        #expect(
            hex(HMAC.sha256(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(
                HMAC.sha256(
                    Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                    key: [UInt8](repeating: 0xaa, count: 131)))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test func `a code comes back as it was issued and fits Telegram's deep links`() throws {
        let code = LinkCode(customerId: .max, lifetime: .seconds(60), now: now)
        let text = code.text(secret: secret)
        #expect(text.count <= 64)
        #expect(text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") })
        let read = try LinkCode(text: text, secret: secret, now: now)
        #expect(read == code)
    }

    @Test func `a code that was changed anywhere, or signed with another secret, is forged`() {
        let text = LinkCode(customerId: 7, lifetime: .seconds(60), now: now).text(secret: secret)
        for index in text.indices {
            let other: Character = text[index] == "A" ? "B" : "A"
            let forged = text.replacingCharacters(in: index...index, with: String(other))
            #expect(throws: LinkCode.Fault.forged) { try LinkCode(text: forged, secret: secret, now: now) }
        }
        #expect(throws: LinkCode.Fault.forged) { try LinkCode(text: text, secret: Array("b".utf8), now: now) }
    }

    @Test(arguments: ["", "x", "/start", String(repeating: "A", count: 48), String(repeating: "ä", count: 24)])
    func `what is no code is forged`(text: String) {
        #expect(throws: LinkCode.Fault.forged) { try LinkCode(text: text, secret: secret, now: now) }
    }

    @Test func `a code ends`() throws {
        let text = LinkCode(customerId: 7, lifetime: .seconds(60), now: now).text(secret: secret)
        _ = try LinkCode(text: text, secret: secret, now: Timestamp(milliseconds: now.milliseconds + 59_000))
        #expect(throws: LinkCode.Fault.expired) {
            try LinkCode(text: text, secret: secret, now: Timestamp(milliseconds: now.milliseconds + 60_000))
        }
    }

    @Test func `the start command is read as private chats and groups write it`() {
        #expect(HandleUpdate.startCode(in: "/start abc") == "abc")
        #expect(HandleUpdate.startCode(in: "  /start@game_bot  abc \n") == "abc")
        for text in ["/start", "start abc", "/started abc", "/start a b", ""] {
            #expect(HandleUpdate.startCode(in: text) == nil)
        }
    }
}
