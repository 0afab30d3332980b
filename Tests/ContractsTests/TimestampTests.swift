import Foundation
import Testing

@testable import Contracts

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400_123, "2000-02-29T00:00:00.123Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ])
    func `is written as RFC 3339`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text) == Timestamp(milliseconds: milliseconds))
    }

    @Test func `agrees with Foundation's formatter on random days`() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let milliseconds = Int64.random(in: 0...4_102_444_800, using: &generator) * 1000
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(Timestamp(milliseconds: milliseconds).description == date.formatted(style))
        }
    }

    @Test(arguments: ["", "yesterday", "2026-13-01T00:00:00Z", "1700000000"])
    func `refuses what is not a timestamp`(text: String) { #expect(Timestamp(text) == nil) }
}
