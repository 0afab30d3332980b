import Contracts
import ServiceRuntime
import Testing

/// The reader accepts and refuses what the parser does, as both are to be JSON.
@Suite("JSON piece by piece")
struct JSONReaderTests {
    private func skip(_ text: String) throws(DomainError) {
        var reader = JSONReader(Array(text.utf8))
        try reader.skipValue()
        try reader.finish()
    }

    @Test(
        "it skips what is JSON, and nothing else, like the parser",
        arguments: [
            "{}", "[]", "0", "-0.5e+10", #""""#, #""\u00e9\n\\""#, "true", "false", "null", " [1 , {\"a\":[]} ] ",
            #"{"a":1,"b":{"c":"d"}}"#, "", " ", "{", "[", "[1,]", "{,}", "{\"a\"}", "{\"a\":}", "{a:1}", "01", "1.",
            "-",
            "1e", "+1", ".5", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"", "1 2", "[1 2]", "{} x", "]",
            String(repeating: "[", count: 100) + String(repeating: "]", count: 100),
            String(repeating: "[", count: 60) + String(repeating: "]", count: 60),
        ])
    func likeTheParser(text: String) {
        let isJSON = (try? JSONValue.parse(Array(text.utf8))) != nil
        let isSkipped = (try? skip(text)) != nil
        #expect(isJSON == isSkipped)
    }

    @Test("it reads fields and keeps a value's bytes")
    func fields() throws {
        let bytes = Array(#"xx{"a":"\u00fc","n":1e3,"v": [1, {"b":null}] ,"last":7}yy"#.utf8)
        var reader = JSONReader(bytes, in: 2..<(bytes.count - 2))
        reader.open()
        var read: [String: String] = [:]
        while try reader.hasElement(isFirst: read.isEmpty, closing: "}") {
            switch try reader.name() {
            case "a": read["a"] = try reader.string()
            case "n": read["n"] = try reader.int32().map { "\($0)" }
            case let name: read[name] = String(decoding: bytes[try reader.skipValue()], as: UTF8.self)
            }
        }
        try reader.finish()
        #expect(read == ["a": "ü", "n": "1000", "v": #"[1, {"b":null}]"#, "last": "7"])
    }

    @Test("bytes that are not UTF-8 are refused wherever they stand")
    func encoding() {
        #expect(throws: DomainError.self) {
            var reader = JSONReader([0x5B, 0x22, 0xC3, 0x28, 0x22, 0x5D])
            try reader.skipValue()
        }
        #expect(throws: DomainError.self) {
            var reader = JSONReader([0x22, 0xFF, 0x22])
            _ = try reader.string()
        }
    }
}
