import Foundation
import Orders
import Testing

@testable import OrderCollector

@Suite struct LineTests {
    @Test func `A file is cut into the same lines however it is read`() {
        var random = SystemRandomNumberGenerator()
        let text = "one\n\ntwo\r\n" + String(repeating: "x", count: 50) + "\nthree\n"
        let whole = cut(text, pieces: [text.utf8.count], maxLine: 40)
        #expect(whole.map(\.offset) == [0, 4, 5, 10, 61])
        #expect(whole.map { String(decoding: $0.body, as: UTF8.self) }[2] == "two")
        #expect(whole[3].isTruncated && whole[3].end == 61)
        for _ in 0..<300 {
            let pieces = (0..<30).map { _ in Int.random(in: 1...9, using: &random) } + [1000]
            let lines = cut(text, pieces: pieces, maxLine: 40)
            #expect(lines.map(\.offset) == whole.map(\.offset) && lines.map(\.end) == whole.map(\.end))
            #expect(lines.map(\.isTruncated) == whole.map(\.isTruncated))
        }
    }

    @Test func `What has no line feed is a line only at the end`() {
        var splitter = LineSplitter(offset: 7, maxLine: 100)
        #expect(splitter.take(Array("half".utf8)).isEmpty)
        #expect(splitter.readOffset == 7)
        #expect(splitter.take(Array("half".utf8), isEnd: true).map(\.end) == [11])
    }

    @Test func `A line keeps its members, and gets its id, its span and a time if it had none`() throws {
        let file = LineID.Generation.make()
        var encoder = LineEncoder()
        var batch = LineBatch()
        let order = #"{"branch":"sunae","x":[1,{"y":"\"}"}]}"#
        encoder.append(event(file, 0, order), to: &batch)
        encoder.append(event(file, 100, #" { "orderedAt":"2026-01-31T12:00:00Z","branch":"migeum" } "#), to: &batch)
        encoder.append(event(file, 200, order), to: &batch)
        encoder.append(event(file, 300, "no order"), to: &batch)
        encoder.append(event(file, 400, #"{"id":"mine"}"#), to: &batch)
        encoder.append(event(file, 500, "{}"), to: &batch)
        let objects = try (0..<batch.count).map { index in
            try #require(try JSONSerialization.jsonObject(with: Data(batch[index])) as? [String: Any])
        }
        #expect(objects.map { $0["id"] as? String } == (0..<6).map { "\(file):\($0 * 100)" })
        #expect(objects[0]["orderedAt"] as? String == "2026-01-31T12:00:01.000Z")
        #expect(objects[1]["orderedAt"] as? String == "2026-01-31T12:00:00Z")
        #expect(objects[2]["span"] as? [Int] == [100, 300], "from the end of the line of its branch before it")
        #expect(objects[3]["raw"] as? String == "no order" && objects[4]["raw"] as? String == #"{"id":"mine"}"#)
        #expect((objects[0]["x"] as? [Any])?.count == 2)
        #expect(String(decoding: batch.key(0), as: UTF8.self) == "sunae" && batch.key(3).isEmpty)
        #expect(String(decoding: batch.key(1), as: UTF8.self) == "migeum")
    }

    @Test func `Spans go on per branch, also among more branches than are at hand`() throws {
        let file = LineID.Generation.make()
        var encoder = LineEncoder()
        var batch = LineBatch()
        for index in 0..<400 {
            let branch = "\(index % 200)-" + String(repeating: "y", count: index % 200 % 40)
            encoder.append(event(file, Int64(index) * 100, #"{"branch":"\#(branch)"}"#), to: &batch)
        }
        let spans = try (0..<batch.count).map { index in
            let object = try JSONSerialization.jsonObject(with: Data(batch[index])) as? [String: Any]
            return try #require(object?["span"] as? [Int])
        }
        #expect(spans[..<200].enumerated().allSatisfy { $1 == [$0 * 100, $0 * 100 + 100] })
        #expect(spans[200...].enumerated().allSatisfy { $1 == [$0 * 100 + 100, $0 * 100 + 20_100] })
    }

    @Test func `A line that a collector has numbered passes unchanged`() {
        var encoder = LineEncoder()
        var first = LineBatch()
        encoder.append(event(.make(), 0, #"{"branch":"sunae"}"#), to: &first)
        var second = LineBatch()
        encoder.append(event(.make(), 50, String(decoding: first[0], as: UTF8.self)), to: &second)
        #expect(second[0].elementsEqual(first[0]) && second.key(0).elementsEqual(first.key(0)))
    }

    @Test func `A batch is the same after the disk, and a damaged one is found out`() throws {
        var encoder = LineEncoder()
        var batch = LineBatch()
        for line in 0..<50 { encoder.append(event(.make(), Int64(line), #"{"branch":"sunae"}"#), to: &batch) }
        let record = BatchRecord.encode(batch)
        let head = try #require(BatchRecord.head(Array(record.prefix(BatchRecord.headLength))))
        let body = Array(record.dropFirst(BatchRecord.headLength))
        #expect(BatchRecord.decode(head, body) == batch)
        for _ in 0..<200 {
            var damaged = body
            damaged[Int.random(in: damaged.indices)] ^= UInt8(1 << Int.random(in: 0..<8))
            #expect(BatchRecord.decode(head, damaged) == nil)
        }
    }

    @Test func `A position moves only when everything before it is safe`() {
        let (a, b) = (LineID.Generation.make(), LineID.Generation.make())
        var ledger = AckLedger()
        let tickets = [(a, 10), (a, 20), (b, 5), (a, 30)].map { ledger.handOn($0.0, end: $0.1) }
        #expect(ledger.safe(tickets[1]).isEmpty)
        #expect(ledger.safe(tickets[0]) == [a: 20])
        #expect(ledger.safe(tickets[3]).isEmpty)
        #expect(ledger.safe(tickets[2]) == [b: 5, a: 30])
    }

    @Test func `Syslog is read by lines and by lengths, in any pieces`() {
        let stream =
            "<34>1 2026-01-31T12:00:00Z host app - - - {\"a\":1}\n"
            + "41 <13>Jan 31 12:00:00 host tag: two\nlines.."
            + "<13>Jan 31 12:00:00 host tag: last\n"
        for size in 1...30 {
            var framer = SyslogFramer(maxLine: 1000)
            var texts: [String] = []
            var rest = Array(stream.utf8)[...]
            while !rest.isEmpty {
                for message in framer.take(Array(rest.prefix(size))) {
                    texts.append(SyslogMessage(message).map { String(decoding: $0.text, as: UTF8.self) } ?? "?")
                }
                rest = rest.dropFirst(size)
            }
            #expect(texts == ["{\"a\":1}", "two\nlines..", "last"], "pieces of \(size)")
        }
    }

    private func cut(_ text: String, pieces: [Int], maxLine: Int) -> [LineSplitter.Line] {
        var splitter = LineSplitter(offset: 0, maxLine: maxLine)
        let bytes = Array(text.utf8)
        var lines: [LineSplitter.Line] = []
        var end = 0
        for piece in pieces {
            end = min(max(end, Int(splitter.readOffset)) + piece, bytes.count)
            lines += splitter.take(Array(bytes[Int(splitter.readOffset)..<end]))
        }
        return lines
    }

    private func event(_ file: LineID.Generation, _ offset: Int64, _ text: String) -> Event {
        Event(
            body: Array(text.utf8)[...], id: LineID(generation: file, offset: offset), end: offset + 100,
            seenAt: 1_769_860_801_000)
    }
}
