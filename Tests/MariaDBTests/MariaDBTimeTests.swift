import Contracts
import Testing

@testable import MariaDB

@Suite("A timestamp as DATETIME")
struct MariaDBTimeTests {
    @Test(
        "comes back as it went",
        arguments: [
            "1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z", "2000-02-29T12:34:56.789Z",
            "2024-12-31T23:59:59.001Z", "2100-02-28T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
        ])
    func roundTrip(text: String) throws {
        let timestamp = try #require(Timestamp(text))
        #expect(try MariaDBTime.decode(MariaDBTime.encode(timestamp)) == timestamp)
    }

    @Test("does so for any moment of four hundred years")
    func manyMoments() throws {
        for milliseconds in stride(from: Int64(-6_000_000_000_000), to: 8_000_000_000_000, by: 7_654_321_987) {
            let timestamp = Timestamp(milliseconds: milliseconds)
            #expect(try MariaDBTime.decode(MariaDBTime.encode(timestamp)) == timestamp)
        }
    }

    @Test("is refused when there is no such DATETIME", arguments: [Int64.max, Int64.min, 253_402_300_800_000])
    func refused(milliseconds: Int64) {
        #expect(throws: MariaDBError.self) { try MariaDBTime.encode(Timestamp(milliseconds: milliseconds)) }
    }
}
