import Contracts
import Foundation
import InternetAddresses
import TestSupport
import Testing

@testable import BypassQueueService

@Suite struct CallbackRulesTests {
    static let refused = [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0x7f.0.0.1:8080/x", "http://127.0.0.1./", "http://0/", "http://0.0.0.0/", "http://10.1.2.3/",
        "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://3232235777/",
        "http://169.254.169.254/latest/meta-data/", "http://0xA9FEA9FE/", "http://100.100.100.200/",
        "http://168.63.129.16/", "http://100.64.0.1/", "http://198.18.0.1/", "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[fe80::1]/", "http://[fd00:ec2::254]/",
        "http://[fc00::1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:db8::1]/",
        "http://[ff02::1]/", "http://[fec0::1]/", "https://[::ffff:a9fe:a9fe]/", "http://[::ffff:0:127.0.0.1]/",
    ]
    static let malformed = [
        "", "ftp://example.com/", "//example.com/", "example.com", "http://", "http:///x", "http://user@example.com/",
        "http://user:pw@example.com/", "http://example.com:0/", "http://example.com:99999/", "http://example.com:8a/",
        "http://exa mple.com/", "http://example.com/\r\nx: y", "http://exämple.com/", "http://[::1/", "http://[nope]/",
        "http://[fe80::1%25eth0]/", "http://ex..ample.com/", "http://example.com\\@127.0.0.1/", "javascript:alert(1)",
        "http://example.com:/ ", "http://%31%32%37.0.0.1/", "http://１２７.0.0.1/",
    ]
    static let permitted = [
        "http://example.com/", "https://example.com:8443/a?b=c#d", "HTTP://EXAMPLE.com", "http://8.8.8.8/",
        "http://134744072/", "http://[2606:4700::1111]/", "http://localhost/", "http://a-b.c_d.example/x?y[]=1",
        "http://172.32.0.1/", "http://11.0.0.1/",
    ]

    @Test(arguments: refused) func `what is not public is refused`(url: String) throws {
        let rules = try CallbackRules(allowed: "")
        let error = #expect(throws: DomainError.self) { try rules.check(url) }
        #expect(error?.slug == "callback-refused")
    }

    @Test(arguments: malformed) func `what two parsers could read in two ways is refused`(url: String) throws {
        let rules = try CallbackRules(allowed: "")
        let error = #expect(throws: DomainError.self) { try rules.check(url) }
        #expect(error?.slug == "invalid-callback-url")
    }

    @Test(arguments: permitted) func `public addresses and names are permitted`(url: String) throws {
        let rules = try CallbackRules(allowed: "")
        #expect(throws: Never.self) { try rules.check(url) }
    }

    @Test func `the operator permits hosts, addresses and blocks`() throws {
        let rules = try CallbackRules(allowed: "127.0.0.1, 10.2.0.0/16,hooks.internal,fd12::/16")
        for url in ["http://127.0.0.1:8/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "http://10.2.200.1/"] {
            #expect(throws: Never.self, "\(url)") { try rules.check(url) }
        }
        for url in ["http://127.0.0.2/", "http://10.3.0.1/", "http://[::1]/"] {
            #expect(throws: DomainError.self, "\(url)") { try rules.check(url) }
        }
        let inside = IPAddress.v4(0x0A03_0001)
        #expect(rules.permits(inside, host: "Hooks.Internal."))
        #expect(!rules.permits(inside, host: "other.internal"))
        #expect(throws: CallbackRules.InvalidEntry.self) { try CallbackRules(allowed: "10.0.0.0/33") }
    }

    @Test func `the query says that it is a bypass`() throws {
        let url = try CallbackURL("https://example.com/a?b=c#fragment")
        #expect(url.marked(request: 7) == "https://example.com/a?b=c&bypass=1&reqid=7")
        #expect(try CallbackURL("http://example.com").marked(request: 7) == "http://example.com?bypass=1&reqid=7")
    }
}

/// The same over HTTP, with names that resolve to what is not permitted.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct RefusedCallbackTests {
    @Test func `literals are refused at acceptance, in headers and in settings`() async throws {
        try await RunningQueue.with(["CALLBACK_ALLOW": ""]) { queue in
            for url in CallbackRulesTests.refused + ["ftp://example.com/"] {
                let answer = try await queue.send("g", [1], ["Callback-Url": url])
                #expect(answer.status == 422, "\(url)")
                #expect(try await queue.put("g", #"{"callbackUrl": "\#(url)"}"#).status == 422, "\(url)")
            }
        }
    }

    @Test func `a name is refused when it is connected to, for good`() async throws {
        try await RunningQueue.with(["CALLBACK_ALLOW": ""]) { queue in
            // Whatever a name resolved to when it was checked: the address that counts is the one connected to.
            for (group, host) in [("a", "localhost"), ("b", "LocalHost")] {
                let receipt = try await queue.accept(
                    group, "m", ["Callback-Url": "http://\(host):\(queue.receiver.port)/"])
                try await soon { try await queue.message(group, receipt.id).attempts.count == 1 }
                let state = try await queue.state(group)
                #expect(state.state == "Blocked" && state.reason?.contains("not public") == true)
            }
            #expect(queue.receiver.callbacks.isEmpty)
        }
    }

    @Test func `an allowed host is called, and what was allowed once may be refused later`() async throws {
        try await RunningQueue.with(["CALLBACK_ALLOW": "localhost"]) { queue in
            try await queue.accept("a", "m", ["Callback-Url": "http://localhost:\(queue.receiver.port)/"])
            try await soon { queue.receiver.callbacks.count == 1 }
            let answer = try await queue.send("b", [1], ["Callback-Url": queue.receiver.url])
            #expect(answer.status == 422)
        }
    }

    @Test func `redirects are not followed`() async throws {
        let target = try CallbackServer()
        defer { target.stop() }
        try await RunningQueue.with(reply: { _ in .answer("307 Moved", headers: "Location: \(target.url)/\r\n") }) {
            queue in
            try await queue.accept("g", "m")
            try await soon { queue.receiver.callbacks.count >= 3 }
            #expect(target.callbacks.isEmpty)
        }
    }
}
