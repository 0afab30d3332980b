import Foundation
import Testing

@testable import ServiceRuntime

@Suite("Authorization", .serialized)
struct AuthorizationTests {
    private let issuer: TestIssuer

    init() throws { issuer = try TestIssuer() }

    @Test("without a token: 401 with the challenge of RFC 6750, on ordinary and fast routes")
    func noToken() async throws {
        try await withService(issuer.environment) { port, _ in
            for path in ["/scope", "/fast/7", "/things/1", "/broken"] {
                let answer = try await fetch(port, get: path)
                #expect(answer.status == 401 && answer.slug == "token-required", "\(path) \(answer.body)")
                #expect(answer["www-authenticate"] == #"Bearer realm="game""#)
                #expect(answer["content-type"] == "application/problem+json" && answer["x-request-id"] != nil)
            }
            let basic = try await fetch(port, get: "/scope", headers: "Authorization: Basic dTpw\r\n")
            #expect(basic.status == 401 && basic.slug == "token-required")
            let twice = try await issuer.bearer() + issuer.bearer("43")
            #expect(try await fetch(port, get: "/scope", headers: twice).slug == "invalid-token")
            // Refused before anything is said about query or body.
            #expect(try await fetch(port, get: "/scope?x=1").status == 401)
            #expect(try await fetch(port, post: "/things", "{").status == 401)
        }
    }

    @Test("operational routes and those for everyone need none; unknown ones are unknown")
    func open() async throws {
        try await withService(issuer.environment) { port, _ in
            for path in ["/livez", "/readyz", "/metrics", "/openapi.yaml"] {
                #expect(try await fetch(port, get: path).status == 200, "\(path)")
            }
            let opened = try await fetch(port, get: "/open")
            #expect(opened.status == 204)
            #expect(try await fetch(port, get: "/nothing").status == 404)
            #expect(try await fetch(port, post: "/scope", "{}").status == 405)
        }
    }

    @Test("a token that is no good: 401 that says why, and the same again")
    func badTokens() async throws {
        let issuer = issuer
        let late = try await issuer.token(lifetime: .seconds(-60))
        let early = try await issuer.token(delay: .seconds(300))
        let foreign = try await issuer.token(audience: "bank")
        let stranger = try await TestIssuer().token()
        try await withService(issuer.environment) { port, _ in
            for (token, reason) in [
                (late, "expired"), (early, "not valid yet"), (foreign, "audience"), (stranger, "not trusted"),
                ("e30.e30.e30", "not a signed JWT"), ("x", "not a signed JWT"),
            ] {
                for path in ["/scope", "/fast/7"] {
                    let answer = try await fetch(port, get: path, headers: "Authorization: Bearer \(token)\r\n")
                    #expect(answer.status == 401 && answer.slug == "invalid-token", "\(reason): \(answer.body)")
                    #expect(answer["www-authenticate"]?.contains(#"error="invalid_token""#) ?? false)
                    #expect(answer.json["detail"].map { "\($0)" }?.contains(reason) ?? false, "\(answer.body)")
                    #expect(token.count < 20 || !answer.body.contains(token))
                }
            }
        }
    }

    @Test("the wrong role: 403; a route that declares nothing: 403 for all")
    func roles() async throws {
        let (customer, person) = (try await issuer.bearer(), try await issuer.bearer("ann", ["operator", "service"]))
        try await withService(issuer.environment) { port, _ in
            let refused = try await fetch(port, post: "/commands", "{}", headers: customer)
            #expect(refused.status == 403 && refused.slug == "forbidden")
            #expect(refused["www-authenticate"]?.contains(#"error="insufficient_scope""#) ?? false)
            #expect(refused.body.contains("operator"))
            #expect(try await fetch(port, post: "/commands", "{}", headers: person).status == 200)
            for headers in [customer, person] {
                #expect(try await fetch(port, get: "/things/1", headers: headers).status == 403)
            }
            let nobody = try await issuer.bearer("ann", ["gardener"])
            #expect(try await fetch(port, get: "/scope", headers: nobody).status == 403)
        }
    }

    @Test("a customer is confined to its own data, an operator is not; also on fast routes")
    func scope() async throws {
        let (customer, person) = (try await issuer.bearer(), try await issuer.bearer("7", ["customer", "operator"]))
        try await withService(issuer.environment) { port, _ in
            #expect(try await fetch(port, get: "/scope", headers: customer).body == #"{"customer":42,"known":1}"#)
            #expect(try await fetch(port, get: "/scope?customerId=42", headers: customer).status == 200)
            let other = try await fetch(port, get: "/scope?customerId=43", headers: customer)
            #expect(other.status == 403 && other.slug == "other-customer")
            let any = try await fetch(port, get: "/scope?customerId=43", headers: person)
            #expect(any.body == #"{"customer":43,"known":1}"#)
            // The first goes to the ordinary route, which remembers the token; from then on the fast one answers.
            let unseen = try await issuer.bearer("5")
            #expect(try await fetch(port, get: "/fast/7", headers: unseen).body.contains("slow"))
            #expect(
                try await fetch(port, get: "/fast/7", headers: unseen).body == #"{"fast":7,"scope":"customer(5)"}"#)
            #expect(try await fetch(port, get: "/fast/7", headers: person).body == #"{"fast":7}"#)
        }
    }

    @Test("an idempotency key belongs to its caller")
    func idempotency() async throws {
        let person = try await issuer.bearer("ann", ["operator"])
        try await withService(issuer.environment) { port, _ in
            let answer = try await fetch(port, post: "/commands", "{}", headers: person + "Idempotency-Key: k\r\n")
            #expect(answer.body == #"{"owner":"ann"}"#)
        }
    }

    @Test("with AUTH=off nobody is asked, the warning says so, and keys have no owner")
    func off() async throws {
        let log = RecordedLog()
        try await withService(logger: log.logger()) { port, _ in
            #expect(try await fetch(port, get: "/things/1").status == 200)
            #expect(try await fetch(port, get: "/scope?customerId=9").body == #"{"customer":9,"known":0}"#)
            let answer = try await fetch(port, post: "/commands", "{}", headers: "Idempotency-Key: k\r\n")
            #expect(answer.body == #"{"owner":"-"}"#)
            #expect(
                try await fetch(port, get: "/fast/7", headers: "Authorization: Bearer x\r\n").body == #"{"fast":7}"#)
        }
        #expect(log.lines.filter { $0.level == .warning && $0.text.contains("AUTH=off") }.count == 1)
    }

    @Test("an admission lets in who proves itself in another way, and the handler still gets the body")
    func admission() async throws {
        let service = try await issuer.bearer("collector", ["service"])
        try await withService(issuer.environment) { port, _ in
            let good = try await fetch(port, post: "/signed", "hello", headers: "x-test-proof: hello\r\n")
            #expect(good.status == 200 && good.body == #"{"body":"hello","subject":"sender"}"#)
            let bad = try await fetch(port, post: "/signed", "hullo", headers: "x-test-proof: hello\r\n")
            #expect(bad.status == 401 && bad.slug == "wrong-proof" && bad["www-authenticate"] != nil)
            #expect(try await fetch(port, post: "/signed", "hello").slug == "token-required")
            #expect(try await fetch(port, post: "/signed", "hello", headers: service).status == 200)
            let customer = try await issuer.bearer() + "x-test-proof: hello\r\n"
            #expect(try await fetch(port, post: "/signed", "hello", headers: customer).status == 403)
            let large = String(repeating: "a", count: (1 << 20) + 1)
            #expect(try await fetch(port, post: "/signed", large, headers: "x-test-proof: a\r\n").status == 413)
        }
    }

    @Test("refusals and operators' acts are in the audit log; tokens are in no log, metric or answer, down to trace")
    func audit() async throws {
        let log = RecordedLog()
        let tokens = [try await issuer.token(), try await issuer.token("ann", ["operator"]), "e30.stolen-token.e30"]
        var answers = ""
        try await withService(issuer.environment, logger: log.logger()) { port, _ in
            for token in tokens {
                let headers = "Authorization: Bearer \(token)\r\nx-request-id: r-1\r\n"
                for path in ["/scope?customerId=9", "/fast/3", "/broken"] {
                    answers += try await fetch(port, get: path, headers: headers).body
                }
                answers += try await fetch(port, post: "/commands", "{}", headers: headers).body
            }
            answers += try await fetch(port, get: "/scope").body + fetch(port, get: "/metrics").body
        }
        for token in tokens {
            for part in token.split(separator: ".") where part.count > 5 {
                #expect(!log.text.contains(part) && !answers.contains(part))
            }
        }
        let refused = log.lines.filter { $0.text == "request refused" }
        #expect(refused.allSatisfy { $0.level == .notice && $0.metadata["audit"] == "true" })
        func count(_ subject: String, _ route: String, _ reason: String) -> Int {
            refused.count {
                $0.metadata["auth.subject"] == subject && $0.metadata["http.route"] == route
                    && $0.metadata["auth.reason"] == reason
            }
        }
        #expect(count("42", "/scope", "other-customer") == 1 && count("42", "/commands", "role") == 1)
        #expect(count("-", "/scope", "malformed") == 1 && count("-", "/fast/{id}", "malformed") == 1)
        #expect(count("-", "/scope", "no-token") == 1)
        let posted = refused.filter { $0.metadata["http.method"] == "POST" }
        #expect(!posted.isEmpty && posted.allSatisfy { $0.metadata["request.id"] == "r-1" })
        let acts = log.lines.filter { $0.text == "operator acted" }
        #expect(acts.count == 1 && acts[0].metadata["auth.subject"] == "ann")
        #expect(acts.first?.metadata["http.route"] == "/commands" && acts.first?.metadata["http.status"] == "200")
    }

    @Test("a flood of refusals is counted and not written in full")
    func flood() {
        let log = RecordedLog()
        let audit = AuditLog(logger: log.logger())
        let entry = AuditLog.Entry(method: "GET", route: "/a", requestID: "r")
        for _ in 0..<200 { audit.refused(.missing, entry, at: Timestamp(milliseconds: 5000)) }
        #expect(log.lines.count == AuditLog.linesPerSecond)
        audit.refused(.missing, entry, at: Timestamp(milliseconds: 6000))
        #expect(log.lines.last?.metadata["auth.suppressed"] == "150")
    }

    @Test(
        "settings that are wrong name the variable",
        arguments: [
            (["AUTH": "yes"], "AUTH"), (["AUTH_ISSUER": ""], "AUTH_ISSUER"), (["AUTH_JWKS_FILE": ""], "AUTH_JWKS_FILE"),
            (["AUTH_HMAC_SECRETS": String(repeating: "s", count: 32)], "AUTH_JWKS_FILE"),
            (["AUTH_JWKS_FILE": "", "AUTH_HMAC_SECRETS": "short"], "AUTH_HMAC_SECRETS"),
            (["AUTH_JWKS_FILE": "", "AUTH_JWKS_URL": "http://id.example.com/jwks"], "AUTH_JWKS_URL"),
            (["AUTH_CLOCK_SKEW": "1h"], "AUTH_CLOCK_SKEW"), (["AUTH_CACHE_SIZE": "0"], "AUTH_CACHE_SIZE"),
        ])
    func settings(change: [String: String], variable: String) throws {
        let environment = issuer.environment.merging(change) { $1 }
        let error = #expect(throws: SettingError.self) { try TestConfiguration(environment) }
        #expect(error?.variable == variable)
        let text = error?.description ?? ""
        #expect(!text.contains("\"short\""))
    }

    @Test("a key file that is missing or wrong ends the process with one line")
    func noKeys() async throws {
        for text in [nil, "{}", #"{"keys":[]}"#] {
            try? FileManager.default.removeItem(atPath: issuer.file)
            if let text { try Data(text.utf8).write(to: URL(filePath: issuer.file)) }
            let configuration = try TestConfiguration(issuer.environment)
            let application = try ServiceApplication(TestService.self, configuration: configuration, logger: .silent)
            let error = await #expect(throws: SettingError.self) { try await application.run() }
            #expect(error?.variable == "AUTH_JWKS_FILE")
        }
    }
}
