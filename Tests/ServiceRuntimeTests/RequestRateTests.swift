import HTTPTypes
import InternetAddresses
import Testing

@testable import ServiceRuntime

@Suite("The request rate of a caller")
struct RequestRateTests {
    private static let limited = ["HTTP_RATE_LIMIT": "0.1", "HTTP_RATE_BURST": "2"]

    @Test("what is too much gets 429 with Retry-After, on all routes but the probes")
    func limit() async throws {
        try await withService(Self.limited) { port, _ in
            #expect(try await fetch(port, get: "/things/7").status == 200)
            #expect(try await fetch(port, get: "/fast/7", headers: "X-Forwarded-For: 198.51.100.7\r\n").status == 200)
            for path in ["/things/7", "/fast/7", "/nowhere"] {
                let answer = try await fetch(port, get: path, headers: "X-Forwarded-For: 198.51.100.8\r\n")
                #expect(answer.status == 429 && answer.slug == "rate-limited")
                #expect((1...10).contains(Int(answer["retry-after"] ?? "") ?? 0))
            }
            #expect(try await fetch(port, get: "/livez").status == 200)
            #expect(try await fetch(port, get: "/readyz").status == 200)
        }
    }

    @Test("behind a trusted proxy each of its clients has its own; a refused body does not end the connection")
    func proxy() async throws {
        try await withService(Self.limited.merging(["HTTP_TRUSTED_PROXIES": "127.0.0.0/8"]) { $1 }) { port, _ in
            for client in ["198.51.100.7", "198.51.100.8"] {
                let forwarded = "X-Forwarded-For: \(client)\r\n"
                for status in [200, 200, 429] {
                    #expect(try await fetch(port, get: "/things/7", headers: forwarded).status == status)
                }
            }
            let connection = try await RawConnection.open(port: port)
            let post =
                "POST /things/literal HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\nContent-Length: 2\r\n"
            try await connection.send(post + "\r\nab")
            try await connection.get("/things/7", headers: "X-Forwarded-For: 198.51.100.9\r\n")
            #expect(try await connection.receive(answers: 2).map(\.status) == [429, 200])
            await connection.close()
        }
    }

    @Test(
        "a caller is the last address that no trusted proxy has",
        arguments: [
            ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),
            ("10.0.0.1", [], "10.0.0.1"),
            ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", ["192.0.2.1, 198.51.100.7", "10.0.0.2,10.0.0.3"], "198.51.100.7"),
            ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", ["unknown"], "10.0.0.1"),
            ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::2"),
        ] as [(String, [String], String)])
    func caller(peer: String, forwarded: [String], same: String) throws {
        let trusted = [try #require(AddressBlock("10.0.0.0/8"))]
        var headers = HTTPFields()
        for value in forwarded { headers.append(HTTPField(name: .forwardedFor, value: value)) }
        let caller = CallerAddress(peer: IPAddress(literal: peer), headers: headers, trusted: trusted)
        #expect(caller == CallerAddress(peer: IPAddress(literal: same), headers: [:], trusted: []))
        #expect(caller != CallerAddress(peer: IPAddress(literal: "192.0.2.200"), headers: [:], trusted: []))
    }

    @Test("a proxy that is no address is refused by name")
    func wrongProxy() throws {
        let error = #expect(throws: SettingError.self) {
            try TestConfiguration(["HTTP_TRUSTED_PROXIES": "gateway.internal"])
        }
        #expect(error?.variable == "HTTP_TRUSTED_PROXIES")
    }
}
