import Foundation
import Testing

@testable import Contracts

@Suite struct UUIDv7Tests {
    @Test func `values of one process grow strictly`() {
        let texts = (0..<10_000).map { _ in UUIDv7.make().uuidString }
        #expect(texts == texts.sorted())
        #expect(Set(texts).count == texts.count)
    }

    @Test func `version and variant are those of RFC 9562`() {
        let bytes = UUIDv7Generator().make(milliseconds: 1_700_000_000_000).uuid
        #expect(bytes.6 >> 4 == 7)
        #expect(bytes.8 >> 6 == 0b10)
    }

    @Test func `a clock that steps back does not make values smaller`() {
        let generator = UUIDv7Generator()
        let first = generator.make(milliseconds: 4_000_000_000_000)
        let second = generator.make(milliseconds: 3_000_000_000_000)
        #expect(first.uuidString < second.uuidString)
    }
}
