import Foundation
import Testing

@testable import ServiceRuntime

@Suite("Settings")
struct SettingsTests {
    @Test("values are read from the environment, defaults where it says nothing")
    func values() throws {
        var settings = SettingsReader(environment: [
            "HTTP_PORT": "81", "KAFKA_ON_GAP_X": "text", "A2_B": "7", "FLAG": "true", "WAIT": "250ms", "EMPTY": "",
        ])
        #expect(try settings.int("HTTP_PORT", default: 1, in: 1...100, help: "") == 81)
        #expect(try settings.string("KAFKA_ON_GAP_X", example: "x", help: "") == "text")
        #expect(try settings.int("A2_B", in: 0...9, help: "") == 7)
        #expect(try settings.bool("FLAG", default: false, help: ""))
        #expect(try settings.duration("WAIT", default: .zero, help: "") == .milliseconds(250))
        #expect(try settings.string("EMPTY", default: "d", example: "x", help: "") == "d")
        #expect(try settings.optionalString("ABSENT", example: "x", help: "") == nil)
        #expect(try settings.choice("FORMAT", default: LogFormat.text, help: "") == .text)
    }

    @Test("a wrong value is named with its fault and an example")
    func wrong() {
        var settings = SettingsReader(environment: ["PORT": "8o", "WAIT": "5", "SECRET": "hunter2", "URL": "ftp://x"])
        expect("PORT: must be a whole number from 1 to 9, not \"8o\" (example: PORT=3)") {
            _ = try settings.int("PORT", default: 3, in: 1...9, help: "")
        }
        expect("WAIT: must be a time such as 250ms, 2s, 1m or 24h, not \"5\" (example: WAIT=2s)") {
            _ = try settings.duration("WAIT", default: .seconds(2), help: "")
        }
        expect("SECRET: must be a URL (example: SECRET=s)") {
            _ = try settings.value("SECRET", example: "s", help: "", isSecret: true) { _ in
                throw InvalidValue("must be a URL")
            }
        }
        expect("NAME: is required but not set (example: NAME=x)") {
            _ = try settings.string("NAME", example: "x", help: "")
        }
        expect("URL: must be an http or https URL, not \"ftp://x\" (example: URL=http://a)") {
            _ = try settings.httpURL("URL", example: "http://a", help: "")
        }
    }

    @Test("processors are numbers and ranges of those that the process has")
    func processors() throws {
        let machine = ProcessorSet([0, 1, 2, 3, 7])
        #expect(try ProcessorSet("7,1-2", allowed: machine).processors == [1, 2, 7])
        #expect(machine.description == "0-3,7")
        for (texts, fault) in [
            (["", "a", "1-", "-1", "2-1", "1,", "1;2", "0-a"], "must be numbers of processors and ranges of them"),
            (["4", "3-7", "0-9223372036854775807"], "names processors that this process may not use: it has 0-3,7"),
        ] {
            for text in texts {
                let error = #expect(throws: InvalidValue.self) { try ProcessorSet(text, allowed: machine) }
                #expect(error?.description.hasPrefix(fault) == true, "\(text): \(error?.description ?? "accepted")")
            }
        }
    }

    @Test("event loops run on their processors only")
    func boundEventLoops() async throws {
        let mine = ProcessorSet.ofCurrentThread
        let one = ProcessorSet([try #require(mine.processors.min())])
        let group = EventLoops.group(threads: 2, on: one)
        for eventLoop in group.makeIterator() {
            #expect(try await eventLoop.submit { ProcessorSet.ofCurrentThread }.get() == one)
        }
        #expect(ProcessorSet.ofCurrentThread == mine)
    }

    @Test("a secret may stand in a file; nothing else may")
    func secretFiles() throws {
        let file = NSTemporaryDirectory() + "secret-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data("hunter2=\n".utf8).write(to: URL(fileURLWithPath: file))
        var settings = SettingsReader(environment: [
            "A_SECRET_FILE": file, "PORT_FILE": file, "BOTH": "hunter2", "BOTH_FILE": file, "NO_FILE": "\(file)-none",
            "FOLDER_FILE": NSTemporaryDirectory(), "WRONG_FILE": file, "EMPTY_FILE": "/dev/null",
        ])
        #expect(try settings.secret("A_SECRET", example: "x", help: "") == "hunter2=")
        #expect(try settings.optionalSecret("A_SECRET", example: "x", help: "") == "hunter2=")
        #expect(try settings.int("PORT", default: 3, in: 1...9, help: "") == 3)
        for (name, fault) in [
            ("BOTH", "must not be set together with BOTH"), ("NO", "cannot be read: No such file or directory"),
            ("FOLDER", "cannot be read: Is a directory"), ("EMPTY", "names a file that is empty"),
        ] {
            let error = #expect(throws: SettingError.self) { try settings.secret(name, example: "x", help: "") }
            #expect(error?.variable == "\(name)_FILE" && error?.fault.contains(fault) == true)
            #expect(error?.description.contains("hunter2") == false)
        }
        expect("WRONG: must be a URL (example: WRONG=x)") {
            _ = try settings.value("WRONG", example: "x", help: "", isSecret: true) { _ in
                throw InvalidValue("must be a URL")
            }
        }
    }

    @Test("a URL with a password is refused without showing it")
    func urlPassword() {
        var settings = SettingsReader(environment: ["URL": "http://user:hunter2@host"])
        expect("URL: must have no user, password, query or fragment (example: URL=http://a)") {
            _ = try settings.httpURL("URL", example: "http://a", help: "")
        }
    }

    @Test("the shutdown must be longer than its drain")
    func shutdown() {
        var settings = SettingsReader(environment: ["SHUTDOWN_DRAIN": "10s", "SHUTDOWN_TIMEOUT": "10s"])
        expect("SHUTDOWN_TIMEOUT: must be longer than SHUTDOWN_DRAIN (10s) (example: SHUTDOWN_TIMEOUT=20s)") {
            _ = try RuntimeConfiguration(&settings, defaultPort: 1)
        }
    }

    @Test("the description has every variable once")
    func describing() throws {
        let text = VariableList.text(of: TestConfiguration.self)
        for name in ["HTTP_HOST", "HTTP_PORT", "LOG_LEVEL", "LOG_FORMAT", "SHUTDOWN_DRAIN", "SHUTDOWN_TIMEOUT"] {
            #expect(text.contains("  \(name)  (default: "))
        }
        #expect(text.contains("  LIVENESS_FILE  (optional; example: "))
    }

    @Test(
        "the Kafka variables",
        arguments: [
            (["KAFKA_BROKERS": "127.0.0.1:x"], "KAFKA_BROKERS: "),
            (["KAFKA_BROKERS": "a:1", "KAFKA_PROPERTIES": "no.such=1"], "KAFKA_*: "),
            (["KAFKA_BROKERS": "a:1", "KAFKA_PROPERTIES": "oops"], "KAFKA_PROPERTIES: must be name=value pairs"),
            (
                ["KAFKA_BROKERS": "a:1", "KAFKA_SASL_MECHANISM": "OAUTHBEARER"],
                "KAFKA_SASL_OAUTHBEARER_TOKEN_FILE: is needed"
            ),
            (["KAFKA_BROKERS": "a:1", "KAFKA_SASL_MECHANISM": "ROT13"], "KAFKA_SASL_MECHANISM: must be one of PLAIN,"),
            (["KAFKA_BROKERS": "a:1", "KAFKA_ON_GAP": "skip"], "KAFKA_ON_GAP: must be one of stop, earliest"),
        ])
    func kafka(environment: [String: String], fault: String) {
        var settings = SettingsReader(environment: environment)
        let error = #expect(throws: SettingError.self) { try KafkaSettings(&settings, service: "x") }
        #expect(error?.description.hasPrefix(fault) == true, "\(error?.description ?? "")")
    }

    @Test("no way of printing Kafka's settings shows a password")
    func kafkaPassword() throws {
        var settings = SettingsReader(environment: [
            "KAFKA_BROKERS": "a:1", "KAFKA_SASL_PASSWORD": "hunter2", "KAFKA_PROPERTIES": "ssl.key.password=hunter2",
        ])
        let kafka = try KafkaSettings(&settings, service: "x")
        var dumped = ""
        dump(kafka, to: &dumped)
        for text in ["\(kafka)", String(reflecting: kafka), dumped] { #expect(!text.contains("hunter2")) }
    }

    @Test(
        "durations",
        arguments: [
            ("0ms", Duration.zero), ("250ms", .milliseconds(250)), ("2s", .seconds(2)), ("1m", .seconds(60)),
            ("24h", .seconds(86_400)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(DurationText.parse(text) == duration && DurationText.format(duration) == text)
    }

    @Test("what is no duration", arguments: ["", "s", "1", "1.5s", "-1s", "1 s", "99999999999999999999s", "1d", "²s"])
    func noDurations(text: String) { #expect(DurationText.parse(text) == nil) }

    private func expect(_ description: String, _ body: () throws -> Void) {
        let error = #expect(throws: SettingError.self) { try body() }
        #expect(error?.description == description)
    }
}
