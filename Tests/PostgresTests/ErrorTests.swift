import Testing

@testable import Postgres

struct ErrorTests {
    @Test(arguments: [
        "40001", "40P01", "55P03", "25P03", "57P01", "57P02", "57P03", "57P05", "08006", "53300", "53100",
    ])
    func `shortages, conflicts and lost connections may be tried again`(state: String) {
        #expect(SQLState.isRetriable(state))
    }

    @Test(arguments: ["23505", "42601", "28P01", "3D000", "57014", "25P02", "22P02"])
    func `what is wrong in itself may not`(state: String) {
        #expect(!SQLState.isRetriable(state))
    }

    @Test func `the code is found in the text of a failed connection, in any language`() {
        let english = "connection to server at \"::1\", port 5432 failed: FATAL:  28P01: password authentication …\n"
        let german = "Verbindung zum Server fehlgeschlagen: FATAL:  57P03: das Datenbanksystem startet\n"
        #expect(SQLState.inConnectMessage(english) == "28P01")
        #expect(SQLState.inConnectMessage(german) == "57P03")
        #expect(SQLState.inConnectMessage("connection refused") == nil)
        #expect(SQLState.inConnectMessage("") == nil)
        #expect(SQLState.inConnectMessage("FATAL:  28P01") == nil)
    }

    @Test func `delays between attempts to connect grow and stay bounded`() {
        var delay = ReconnectDelay()
        #expect((25...50).contains(delay.next().milliseconds))
        for _ in 0..<100 { _ = delay.next() }
        #expect((250...500).contains(delay.next().milliseconds))
        delay.reset()
        #expect(delay.next() <= .milliseconds(50))
    }
}
