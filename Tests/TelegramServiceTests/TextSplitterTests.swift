import Testing

@testable import TelegramService

struct TextSplitterTests {
    @Test func `a text within the limit stays as it is`() {
        #expect(TextSplitter.parts(of: "mission 42\nis done") == ["mission 42\nis done"])
        let longest = String(repeating: "x", count: TextSplitter.limit)
        #expect(TextSplitter.parts(of: longest) == [longest])
    }

    @Test func `a longer text is cut at the end of a line`() {
        #expect(TextSplitter.parts(of: "one two\nthree four\nfive", limit: 14) == ["one two", "three four", "five"])
        #expect(TextSplitter.parts(of: "1234\n5678", limit: 4) == ["1234", "5678"])
    }

    @Test func `a line that is too long is cut at a space, else anywhere`() {
        #expect(TextSplitter.parts(of: "one two three", limit: 8) == ["one two", "three"])
        #expect(TextSplitter.parts(of: "abcdefgh", limit: 3) == ["abc", "def", "gh"])
    }

    @Test func `no character is torn, and each counts as Telegram's clients count it`() {
        let family = "👨‍👩‍👧"  // 8 UTF-16 units
        #expect(TextSplitter.parts(of: family + family, limit: 15) == [family, family])
        #expect(TextSplitter.parts(of: "😀😀😀", limit: 5) == ["😀😀", "😀"])
        #expect(TextSplitter.parts(of: "a\r\nb", limit: 2) == ["a", "b"])
    }

    @Test func `a character longer than the limit is cut between its scalars`() {
        let long = "e" + String(repeating: "\u{301}", count: 10)
        let parts = TextSplitter.parts(of: long, limit: 4)
        #expect(parts.allSatisfy { $0.utf16.count <= 4 })
        #expect(parts.flatMap { Array($0.unicodeScalars) } == Array(long.unicodeScalars))
    }

    @Test func `parts without anything to see are left out`() {
        #expect(TextSplitter.parts(of: "abc\n   \n   \n def", limit: 4) == ["abc", " def"])
    }

    @Test func `long texts of any kind lose no word and keep the limit`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let words = (0..<400).map { _ in
                String(repeating: "wörd😀", count: Int.random(in: 1...5, using: &generator))
            }
            let text = words.reduce("") { $0 + $1 + (Bool.random(using: &generator) ? " " : "\n") }
            let parts = TextSplitter.parts(of: text, limit: 100)
            #expect(parts.allSatisfy { (1...100).contains($0.utf16.count) })
            #expect(parts.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) } == words)
        }
    }
}
