import Digest
import Testing

struct CRC32Tests {
    /// The check value of CRC-32/ISO-HDLC, and the empty message.
    @Test func `it gives the published check value`() {
        #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(CRC32.checksum(of: []) == 0)
    }
}
