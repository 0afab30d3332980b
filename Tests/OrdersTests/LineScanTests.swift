import Foundation
import Testing

@testable import Orders

@Suite struct LineScanTests {
    private func scanned(_ text: String) -> LineScan? { Array(text.utf8).withUnsafeBufferPointer { LineScan($0) } }

    private func order(_ text: String) -> Result<CoffeeOrder, CoffeeOrder.Fault> {
        Array(text.utf8).withUnsafeBufferPointer { line in
            guard let scan = LineScan(line) else { return .failure(.notJSON) }
            return Result { () throws(CoffeeOrder.Fault) in try CoffeeOrder(scan, in: line) }
        }
    }

    private static let good =
        #"{"branch":"sunae","customerAgeGrade":"9999","paymentMethod":"Debit","orders":["Americano","Cafe Breve","Americano"]}"#

    @Test func `Short names are equal exactly when their bytes are`() {
        let short = { (text: String) in Array(text.utf8).withUnsafeBufferPointer { ShortName($0) } }
        #expect(short(String(repeating: "a", count: 25)) == nil)
        for length in 0...ShortName.maxLength {
            let name = String(repeating: "a", count: length)
            #expect(short(name) == short(name) && short(name) != nil)
            #expect(short(name) != short(name + "a"))
            for place in 0..<length {
                var other = Array(name.utf8)
                other[place] = UInt8(ascii: "b")
                #expect(short(name) != short(String(decoding: other, as: UTF8.self)), "\(length), \(place)")
            }
        }
    }

    @Test func `A string ends at its quote wherever that stands, and holds no control character`() {
        for length in 0..<40 {
            let text = String(repeating: "ä", count: length / 2) + String(repeating: "x", count: length % 2)
            let scan = scanned(#"{"branch":"\#(text)","x":"\#(text)\\","y":"\#(text)\""}"#)
            #expect(scan?.branch?.count == text.utf8.count)
            #expect(scanned("{\"branch\":\"\(text)\u{1f}\(text)\"}") == nil)
            #expect(scanned("{\"branch\":\"\(text)\u{7f}\u{20}\(text)\"}") != nil)
            #expect(scanned("{\"branch\":\"\(text)") == nil)
        }
    }

    @Test func `An order is read whatever the order and the spacing of its members`() throws {
        let spaced =
            #" { "orders" : [ "Americano" , "Cafe Breve","Americano" ] , "x":{"y":[1,2e3,null,"\u00e9\n"]}, "paymentMethod":"Debit" ,"customerAgeGrade":"9999","branch":"sunae"} "#
        let first = try order(Self.good).get()
        #expect(first.branch == 2 && first.ageGrade == 9 && first.paymentMethod == 2)
        #expect(first.coffees[8] == 2 && first.coffees[5] == 1)
        #expect(try order(spaced).get() == first)
    }

    @Test(arguments: [
        (#"{"branch":"x","customerAgeGrade":"9999","paymentMethod":"Debit","orders":["Americano"]}"#, "unknown-branch"),
        (
            #"{"branch":"sunae","customerAgeGrade":"1","paymentMethod":"Debit","orders":["Americano"]}"#,
            "unknown-age-grade"
        ),
        (
            #"{"branch":"sunae","customerAgeGrade":"9999","paymentMethod":3,"orders":["Americano"]}"#,
            "unknown-payment-method"
        ),
        (
            #"{"branch":"sunae","customerAgeGrade":"9999","paymentMethod":"Debit","orders":[]}"#,
            "wrong-number-of-coffees"
        ),
        (#"{"branch":"sunae","customerAgeGrade":"9999","paymentMethod":"Debit"}"#, "wrong-number-of-coffees"),
        (#"{"branch":"sunae","customerAgeGrade":"9999","paymentMethod":"Debit","orders":["Tea"]}"#, "unknown-coffee"),
        (
            #"{"branch":"sunae","customerAgeGrade":"9999","paymentMethod":"Debit","orders":["Americano"],"orderedAt":"now"}"#,
            "wrong-time"
        ),
    ])
    func `What is wrong with an order is named`(line: String, reason: String) {
        guard case .failure(let fault) = order(line) else {
            Issue.record("it was taken: \(line)")
            return
        }
        #expect(fault.rawValue == reason)
    }

    @Test func `Only whole, well-formed objects are lines`() {
        for text in [
            "", "[]", "{", "{}x", #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#, #"{"a":"\x"}"#,
            #"{"branch":"a","branch":"b"}"#,
        ] {
            #expect(scanned(text) == nil, "\(text)")
        }
        #expect(scanned("{}") != nil)
        #expect([0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A, 0x31, 0x7D].withUnsafeBufferPointer { LineScan($0) } == nil)
    }

    @Test func `Any cut of a good line, and any byte changed, is read or refused and never crashes`() {
        var random = SystemRandomNumberGenerator()
        let line = Array(Self.good.utf8)
        for end in line.indices { #expect(Array(line[..<end]).withUnsafeBufferPointer { LineScan($0) } == nil) }
        for _ in 0..<5000 {
            var changed = line
            changed[Int.random(in: line.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let mine = changed.withUnsafeBufferPointer { LineScan($0) != nil }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(changed)) as? [String: Any]) != nil
            // Ours refuses what names a member twice; Foundation's does not.
            #expect(!mine || theirs, "\(String(decoding: changed, as: UTF8.self))")
        }
    }

    @Test func `Ids, spans and times are read back as they were written`() throws {
        let id = LineID(generation: .make(), offset: 1234)
        let line = #"{"id":"\#(id)","span":[1000,1300],"orderedAt":"2028-02-29T23:59:59.999Z","branch":"x"}"#
        let scan = try #require(scanned(line))
        #expect(scan.id == id && scan.span == 1000..<1300)
        #expect(scan.orderedAt == 1_835_481_599_999)
        #expect(scan.hasReservedNames)
    }

    @Test(arguments: ["2026-01-31T12:00:00Z", "2026-11-30T00:00:00.5Z", "2000-02-29T10:20:30.123+09:00"])
    func `Times are what Foundation says they are`(text: String) throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        let expected = Int64((try style.parse(text).timeIntervalSince1970 * 1000).rounded())
        #expect(Array(text.utf8).withUnsafeBufferPointer { EventTime.parse($0) } == expected)
    }

    @Test func `A date that the calendar does not have is no time`() {
        for text in ["2027-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-31T24:00:00Z", "yesterday"] {
            #expect(Array(text.utf8).withUnsafeBufferPointer { EventTime.parse($0) } == nil, "\(text)")
        }
    }

    @Test func `Windows begin at whole multiples of their length, in UTC`() throws {
        let window = WindowDate(containing: 1_795_249_669_496, length: 30)
        #expect(window.description == "20261121082730")
        #expect(WindowDate(window.description) == window)
        #expect(WindowDate("2026112108273") == nil && WindowDate("2026112108273x") == nil)
    }
}
