import Digest
import Foundation
import HTTPTypes
import Testing

@testable import ServiceRuntime

@Suite("Senders that cannot send tokens")
struct SenderSecretsTests {
    private static let signing = "whsec_" + Data(repeating: 7, count: 24).base64EncodedString()
    private static let text = """
        # rotation: the new one first
        shop = 0123456789abcdef-new , 0123456789abcdef-old
        billing=\(signing);*=anybody-0123456789
        """
    private let now: Int64 = 1_700_000_000

    private func secrets(_ text: String? = nil) throws -> SenderSecrets {
        var settings = SettingsReader(environment: ["SENDER_SECRETS": text ?? Self.text])
        return try SenderSecrets(&settings, sender: "group")
    }

    private func signed(
        _ body: String, key: [UInt8] = [UInt8](repeating: 7, count: 24), at timestamp: Int64? = nil
    ) -> HTTPFields {
        let timestamp = timestamp ?? now
        let code = WebhookSignature.header(id: "m1", timestamp: timestamp, body: Array(body.utf8), keys: [key])
        return [.webhookID: "m1", .webhookTimestamp: "\(timestamp)", .webhookSignature: code]
    }

    private func isRefused(_ admission: SenderAdmission) -> Bool {
        if case .refused = admission { true } else { false }
    }

    @Test("nobody is asked where no secrets are configured")
    func open() throws {
        #expect(try secrets("").admit("shop", headers: [:], body: []) == .open)
        try secrets("").require("shop", headers: [:], body: [])
    }

    @Test("a secret admits its own sender, the old one too; a sender without one needs the one for any")
    func keys() throws {
        let secrets = try secrets()
        func admit(_ sender: String?, _ key: String) -> SenderAdmission {
            secrets.admit(sender, headers: [.apiKey: key], body: nil)
        }
        for key in ["0123456789abcdef-new", "0123456789abcdef-old", "anybody-0123456789"] {
            #expect(admit("shop", key) == .admitted("shop"))
        }
        #expect(admit("other", "anybody-0123456789") == .admitted("other"))
        for key in ["0123456789abcdef-nex", "0123456789abcdef", "", "anybody-0123456789x"] {
            #expect(isRefused(admit("shop", key)))
        }
        #expect(isRefused(admit("billing", "0123456789abcdef-new")))
        #expect(isRefused(admit("other", "0123456789abcdef-new")))
        // Where the sender is not named its secret names it.
        #expect(admit(nil, "0123456789abcdef-old") == .admitted("shop"))
        #expect(admit(nil, Self.signing) == .admitted("billing"))
        var twice: HTTPFields = [.apiKey: "0123456789abcdef-new"]
        twice.append(HTTPField(name: .apiKey, value: "wrong-0123456789"))
        #expect(isRefused(secrets.admit("shop", headers: twice, body: [])))
    }

    @Test("a signature admits, as long as it is of this body, of this sender and of now")
    func signatures() throws {
        let secrets = try secrets()
        func admit(_ sender: String?, _ headers: HTTPFields, _ body: String? = "{}") -> SenderAdmission {
            secrets.admit(sender, headers: headers, body: body.map { Array($0.utf8) }, now: now)
        }
        #expect(admit("billing", signed("{}")) == .admitted("billing"))
        #expect(admit("shop", signed("{}", key: Array("0123456789abcdef-old".utf8))) == .admitted("shop"))
        #expect(admit("other", signed("{}", key: Array("anybody-0123456789".utf8))) == .admitted("other"))
        for (sender, headers, body) in [
            ("billing", signed("{ }"), "{}"), ("shop", signed("{}"), "{}"),
            ("billing", signed("{}", at: now - 301), "{}"),
            ("billing", signed("{}", at: now + 301), "{}"), (nil, signed("{}"), "{}"), ("billing", signed("{}"), nil),
        ] as [(String?, HTTPFields, String?)] {
            #expect(isRefused(admit(sender, headers, body)))
        }
        for name in [HTTPField.Name.webhookID, .webhookTimestamp, .webhookSignature] {
            var headers = signed("{}")
            headers[name] = nil
            #expect(isRefused(admit("billing", headers)))
        }
        let only = try self.secrets("billing=\(Self.signing)")
        #expect(only.admit(nil, headers: signed("{}"), body: Array("{}".utf8), now: now) == .admitted("billing"))
    }

    @Test("a refusal is a 401 that says what to send")
    func refusal() throws {
        let error = try #require(throws: DomainError.self) { try secrets().require("shop", headers: [:], body: []) }
        #expect(error.kind == .unauthenticated && error.slug == "sender-not-admitted")
        #expect(error.detail.contains("X-Api-Key"))
    }

    @Test(
        "a text that is wrong is refused by its entry, without a word of it",
        arguments: [
            ("shop", "entry 1 has no name"), ("a=0123456789abcdef;=0123456789abcdef", "entry 2 has no name"),
            ("shop=hunter2", "entry 1 has a secret that is not 16"), ("shop=whsec_hunter2hunter2", "24 to 64 bytes"),
            ("a=0123456789hunter2;a=0123456789abcdef", "entry 2 names a sender again"),
            ("a=0123456789hunter2,0123456789abcdef,0123456789abcdeg", "more than two"),
        ])
    func malformed(text: String, fault: String) {
        let error = #expect(throws: SettingError.self) { try secrets(text) }
        #expect(error?.description.contains(fault) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("no way of printing shows a secret")
    func printing() throws {
        let secrets = try secrets()
        var dumped = ""
        dump(secrets, to: &dumped)
        for text in ["\(secrets)", String(reflecting: secrets), dumped] {
            #expect(!text.contains("0123456789abcdef") && !text.contains("shop"))
        }
    }
}
