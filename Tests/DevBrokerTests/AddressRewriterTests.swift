import NIOCore
import Testing

@testable import DevBroker

@Suite struct AddressRewriterTests {
    private let advertised = HostPort(host: "game-broker", port: 9092)

    @Test(arguments: [Int16(0), 1, 2])
    func `metadata names the advertised address in each version`(version: Int16) throws {
        var rewriter = AddressRewriter(advertised: advertised)
        try rewriter.sent(request(key: 3, version: version, correlation: 7))
        let answer = try rewriter.rewritten(metadata(version: version, host: "127.0.0.1", port: 45_678))
        #expect(answer == metadata(version: version, host: "game-broker", port: 9092))
    }

    @Test(arguments: [Int16(0), 1, 2])
    func `the coordinator is at the advertised address in each version`(version: Int16) throws {
        var rewriter = AddressRewriter(advertised: advertised)
        try rewriter.sent(request(key: 10, version: version, correlation: 7))
        let answer = try rewriter.rewritten(coordinator(version: version, error: 0, host: "127.0.0.1", port: 45_678))
        #expect(answer == coordinator(version: version, error: 0, host: "game-broker", port: 9092))
    }

    @Test func `an answer that carries no address is handed on as it came`() throws {
        var rewriter = AddressRewriter(advertised: advertised)
        try rewriter.sent(request(key: 1, version: 11, correlation: 7))
        let answer = metadata(version: 1, host: "127.0.0.1", port: 1)
        #expect(try rewriter.rewritten(answer) == answer)
    }

    @Test func `frames that are cut short and unknown versions end the connection`() throws {
        var rewriter = AddressRewriter(advertised: advertised)
        #expect(throws: AddressRewriter.MalformedFrame.self) { try rewriter.sent(ByteBuffer(bytes: [0, 3])) }
        #expect(throws: AddressRewriter.MalformedFrame.self) {
            try rewriter.sent(request(key: 3, version: 9, correlation: 1))
        }
        try rewriter.sent(request(key: 3, version: 1, correlation: 7))
        let whole = metadata(version: 1, host: "127.0.0.1", port: 1)
        let cut = try #require(whole.getSlice(at: 0, length: 12))
        #expect(throws: AddressRewriter.MalformedFrame.self) { try rewriter.rewritten(cut) }
    }

    @Test func `a host and port are read from one argument`() {
        #expect(HostPort(argument: "0.0.0.0:9092") == HostPort(host: "0.0.0.0", port: 9092))
        #expect(HostPort(argument: "game-broker") == nil)
        #expect(HostPort(argument: ":9092") == nil)
        #expect(HostPort(argument: "game-broker:70000") == nil)
    }

    private func request(key: Int16, version: Int16, correlation: Int32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeMultipleIntegers(key, version, correlation)
        buffer.writeString("rest")
        return buffer
    }

    private func metadata(version: Int16, host: String, port: Int32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeMultipleIntegers(Int32(7), Int32(1), Int32(1), Int16(host.utf8.count))
        buffer.writeString(host)
        buffer.writeInteger(port)
        if version >= 1 { buffer.writeInteger(Int16(-1)) }
        buffer.writeString("topics")
        return buffer
    }

    private func coordinator(version: Int16, error: Int16, host: String, port: Int32) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(Int32(7))
        if version >= 1 { buffer.writeInteger(Int32(0)) }
        buffer.writeInteger(error)
        if version >= 1 { buffer.writeInteger(Int16(-1)) }
        buffer.writeMultipleIntegers(Int32(1), Int16(host.utf8.count))
        buffer.writeString(host)
        buffer.writeInteger(port)
        return buffer
    }
}
