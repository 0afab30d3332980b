import ServiceRuntime
import Testing

@Suite("Any mix of pipelined requests", .serialized)
struct PipeliningFuzzTests {
    @Test("is answered completely and in order, wherever the bytes are cut", arguments: 0..<30 as Range<UInt64>)
    func mix(seed: UInt64) async throws {
        var random = SplitMix(state: seed)
        let hooks = TestHooks()
        try await withService(hooks: hooks) { port, _ in
            var stream = ""
            var expected: [String] = []
            for number in 1...60 {
                let (request, answer) = Self.exchange(number, &random)
                stream += request
                expected.append(answer)
            }
            let connection = try await RawConnection.open(port: port)
            let pieces = Self.cut(stream, &random)
            let endsEarly = Bool.random(using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for piece in pieces { try await connection.send(piece) }
                    if endsEarly { try await connection.halfClose() }
                }
                group.addTask {
                    // Answers what is pending from a thread of the pool, until everything is there.
                    while RawAnswer.parse(connection.received).count < 60, !Task.isCancelled {
                        let pending = hooks.pendingFast.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                        pending?.responder.succeed(FastAnswer(json: Array("late \(pending?.id ?? 0)".utf8)))
                        if pending == nil { try await Task.sleep(for: .milliseconds(1)) }
                    }
                }
                group.addTask {
                    try await Task.sleep(for: .seconds(60))
                    throw RawConnection.TimedOut(received: connection.received)
                }
                try await group.next()
                try await group.next()
                group.cancelAll()
            }
            #expect(RawAnswer.parse(connection.received).map(\.body) == expected)
            await connection.close()
        }
    }

    private static func exchange(_ number: Int, _ random: inout SplitMix) -> (request: String, answer: String) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return (get("/fast/\(number)"), #"{"fast":\#(number)}"#)
        case 1: return (get("/fast/\(1000 + number)"), "late \(1000 + number)")
        case 2: return (get("/things/\(number)"), #"{"id":\#(number),"title":"slow"}"#)
        case 3:
            let body = #"{"customerId":\#(number)}"#
            let head = "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            return (head + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", #"{"id":\#(number)}"#)
        default:
            let body = #"{"customerId":\#(number)}"#
            let head =
                "POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            let size = String(body.utf8.count, radix: 16)
            return (head + "\(size)\r\n\(body)\r\n0\r\n\r\n", #"{"id":\#(number)}"#)
        }
    }

    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }

    private static func cut(_ text: String, _ random: inout SplitMix) -> [String] {
        var rest = Array(text.utf8)[...]
        var pieces: [String] = []
        let longest = [20, 300, 100_000].randomElement(using: &random) ?? 20
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...longest, using: &random))
            pieces.append(String(decoding: piece, as: UTF8.self))
            rest = rest.dropFirst(piece.count)
        }
        return pieces
    }
}

/// A generator with a seed (splitmix64), so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
