import Testing

@testable import OrderDashboard

@Suite struct EntityTagTests {
    private let tag = EntityTag(of: Array("page".utf8))

    @Test func `the same bytes have the same tag, others another`() {
        #expect(tag == EntityTag(of: Array("page".utf8)) && tag != EntityTag(of: Array("Page".utf8)))
        #expect(tag.text.hasPrefix("\"") && tag.text.hasSuffix("\"") && tag.text.count > 3)
    }

    @Test func `a version is known by its tag, in a list, weak, and by the star`() {
        let weak = "W/\(tag.text)"
        for header in [tag.text, "\"a\", \(tag.text)", "\(tag.text),W/\"b\"", weak, "\"a\" , \(weak) ", "*"] {
            #expect(tag.isListed(in: header), "\(header)")
        }
    }

    @Test func `other versions are not known`() {
        for header in ["", "\"a\"", "\"a\", W/\"b\"", String(tag.text.dropLast()), "x\(tag.text)", "\"*\""] {
            #expect(!tag.isListed(in: header), "\(header)")
        }
    }
}
