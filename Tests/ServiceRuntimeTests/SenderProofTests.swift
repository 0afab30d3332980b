import Contracts
import HTTPTypes
import NIOCore
import Testing

@testable import ServiceRuntime

/// Who is let in without a token where `AUTH=on`.
struct SenderProofTests {
    private static let secret = "2d1c0b7f9a8e43561f"

    private func proof(_ place: SenderProof.Place, _ secrets: String = "a/b=\(secret)") throws -> SenderProof {
        var settings = SettingsReader(environment: ["SENDER_SECRETS": secrets])
        return SenderProof(try SenderSecrets(&settings, sender: "group"), sender: place)
    }

    private func head(_ path: String, _ headers: HTTPFields = [.apiKey: secret]) -> HTTPRequest {
        HTTPRequest(method: .post, scheme: nil, authority: nil, path: path, headerFields: headers)
    }

    @Test(arguments: [
        (SenderProof.Place.segment(1), "/queues/a%2Fb/messages"), (.query("source"), "/events?ack=queued&source=a%2Fb"),
    ])
    func `the sender that the request names is let in by its own secret`(_ place: SenderProof.Place, _ path: String)
        throws
    {
        let caller = try proof(place).admit(head(path), body: nil)
        #expect(caller.subject == "sender:a/b")
        #expect(caller.roles == .service)
    }

    @Test func `another's secret and a wrong one are refused`() throws {
        let proof = try proof(.segment(1))
        let wrong: HTTPFields = [.apiKey: "2d1c0b7f9a8e43561e"]
        for request in [head("/queues/other/messages"), head("/queues/a%2Fb/messages", wrong), head("/queues")] {
            #expect(throws: DomainError.self) { try proof.admit(request, body: nil) }
        }
    }

    @Test func `a key needs no body, a signature does, and nothing is meant where nobody is asked`() throws {
        let signed = head("/queues/a/messages", [.webhookSignature: "v1,abc"])
        let proof = try proof(.segment(1))
        #expect(proof.isMeant(by: head("/queues/a/messages")) && proof.isMeant(by: signed))
        #expect(!proof.isMeant(by: head("/queues/a/messages", [:])))
        #expect(!proof.needsBody(head("/queues/a/messages")) && proof.needsBody(signed))
        #expect(try !self.proof(.segment(1), "").isMeant(by: signed))
    }
}
