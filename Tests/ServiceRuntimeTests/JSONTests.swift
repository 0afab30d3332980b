import Testing

@testable import ServiceRuntime

@Suite("JSON from outside")
struct JSONTests {
    @Test(
        "what is valid comes back as it was",
        arguments: [
            #"{"a":[1,-0.5,1e9,true,false,null,"x"],"b":{}}"#, #""é😀\n\"\\""#, "0", "[]",
        ])
    func roundTrip(text: String) throws {
        #expect(String(decoding: try JSONValue.parse(Array(text.utf8)).bytes, as: UTF8.self) == text)
    }

    @Test("escapes are decoded")
    func escapes() throws {
        let value = try JSONValue.parse(Array(#" "\u00e9\ud83d\ude00\/\b\f\r\t" "#.utf8))
        #expect(value == .string("é😀/\u{8}\u{c}\r\t"))
    }

    @Test(
        "what is not valid is refused",
        arguments: [
            "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "nul", "\"a", "\"\u{1}\"",
            "\"\\x\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\u12g4\"", "{} {}", "{\"a\":1,\"a\":2}", "'a'", "[1 2]", "-",
            "NaN",
            "{\"a\"}", "\u{FEFF}{}",
        ])
    func malformed(text: String) {
        let error = #expect(throws: DomainError.self) { try JSONValue.parse(Array(text.utf8)) }
        #expect(error?.slug == "malformed-json" && error?.kind == .malformed)
    }

    @Test("bytes that are not UTF-8 are refused")
    func notUTF8() { #expect(throws: DomainError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) } }

    @Test("64 levels are read, 65 refused, and a million do not overflow the stack")
    func depth() throws {
        func nested(_ count: Int) -> [UInt8] {
            [UInt8](repeating: 0x5B, count: count) + [UInt8](repeating: 0x5D, count: count)
        }
        _ = try JSONValue.parse(nested(64))
        #expect(throws: DomainError.self) { try JSONValue.parse(nested(65)) }
        #expect(throws: DomainError.self) { try JSONValue.parse(nested(1_000_000)) }
    }

    @Test("whole numbers are read without losing a digit")
    func wholeNumbers() throws {
        struct Numbers: JSONBody {
            static let fields = ["n"]
            let n: Int64
            init(_ fields: inout JSONFields) throws { n = try fields.int64("n") }
        }
        for number in [Int64.max, .min, 0, -1, 9_007_199_254_740_993] {
            #expect(try Numbers(json: Array("{\"n\":\(number)}".utf8)).n == number)
        }
        for (text, number) in [
            ("1.0", 1), ("-0.0", 0), ("0e99999999999999999999", 0), ("1e3", 1000), ("-1.20E+2", -120), ("50e-1", 5),
            ("9223372036854775807.0", Int64.max), ("-9.223372036854775808e18", Int64.min),
        ] {
            #expect(try Numbers(json: Array("{\"n\":\(text)}".utf8)).n == number, "\(text)")
        }
        for text in [
            "1.5", "1e-1", "1e400", "1e99999999999999999999", "9223372036854775808", "9.3e18", "\"1\"", "true",
        ] {
            #expect(throws: DomainError.self) { try Numbers(json: Array("{\"n\":\(text)}".utf8)) }
        }
    }
}
