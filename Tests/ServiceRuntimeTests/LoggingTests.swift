import Foundation
import Logging
import Testing

@testable import ServiceRuntime

@Suite("Log lines")
struct LoggingTests {
    @Test("JSON lines are one object each, escaped, with sorted metadata")
    func json() throws {
        let lines = try written(.json) { logger in
            logger.info("a \"b\"\n", metadata: ["z": "1", "a.b": ["x", "y"], "level": "own", "d": ["k": "v\u{1}"]])
            logger.debug("not written")
        }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(
            line.hasSuffix(
                #""level":"info","message":"a \"b\"\n","logger":"part","service":"svc","a.b":["x","y"],"d":{"k":"v\u0001"},"#
                    + #""_level":"own","z":"1"}"#), "\(line)")
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }

    @Test("text lines are one line each")
    func text() throws {
        let lines = try written(.text) { $0.warning("a\nb", metadata: ["k": "v"]) }
        #expect(lines.count == 1 && lines[0].hasSuffix(" warning svc/part: a b k=v"))
    }

    private func written(_ format: LogFormat, _ body: (Logger) -> Void) throws -> [String] {
        let pipe = Pipe()
        let handler = LineLogHandler(
            label: "part", service: "svc", format: format,
            writer: LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor))
        body(Logger(label: "part") { _ in handler })
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }
}
