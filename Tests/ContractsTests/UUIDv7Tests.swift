import Foundation
import Testing

@testable import Contracts

@Suite struct UUIDv7Tests {
    @Test func `values of one process grow strictly`() {
        let texts = (0..<10_000).map { _ in UUIDv7.make().text }
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
        #expect(first < second)
    }
}

@Suite struct UUIDTextTests {
    @Test func `a UUID is written as Foundation writes it, in lower case, and read back`() {
        for uuid in (0..<1000).map({ _ in UUID() }) {
            #expect(uuid.text == uuid.uuidString.lowercased())
            #expect(UUID(text: uuid.text) == uuid && UUID(text: uuid.uuidString) == uuid)
        }
    }

    @Test(arguments: [
        "", "018f0a5c", "018f0a5c7d3e7b6a9c1d2e4f6a8b0c1d", "018f0a5c-7d3e-7b6a-9c1d-2e4f6a8b0c1", "{018f0a5c-7d3e",
        "018f0a5c-7d3e-7b6a-9c1d-2e4f6a8b0c1d0", "018f0a5c-7d3e-7b6a-9c1d-2e4f6a8b0c1g",
        "018f0a5-c7d3e-7b6a-9c1d-2e4f6a8b0c1d", "018f0a5c-7d3e-7b6a-9c1d-2e4f6a8b0c1é",
    ])
    func `nothing else is a UUID`(text: String) { #expect(UUID(text: text) == nil) }
}
