import Foundation
import Glibc
import Synchronization
import TestSupport

/// A headless Chromium with one page, driven over the DevTools protocol on a pipe.
final class Browser: Sendable {
    /// Where Debian's package puts it.
    static let executable = "/usr/bin/chromium"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: executable) }

    private struct State {
        var number = 0
        var rest: [UInt8] = []
        var session: String?
    }

    private let pid: pid_t
    private let commands: Int32
    private let answers: Int32
    private let profile: String
    private let state = Mutex(State())

    init(width: Int, height: Int, isDark: Bool = false) async throws {
        profile = NSTemporaryDirectory() + "browser-\(UInt32.random(in: 0 ... .max))"
        var (down, up): ([Int32], [Int32]) = ([0, 0], [0, 0])
        guard pipe(&down) == 0, pipe(&up) == 0 else { throw TestFailure("no pipe") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The browser reads commands from 3 and writes answers to 4; first out of each other's way.
        for (from, to) in [(down[0], 903), (up[1], 904), (903, 3), (904, 4)] as [(Int32, Int32)] {
            posix_spawn_file_actions_adddup2(&actions, from, to)
        }
        for descriptor in Int32(5)..<1000 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        for descriptor in Int32(0)..<3 {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let arguments = [
            Self.executable, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--hide-scrollbars", "--user-data-dir=\(profile)", "--remote-debugging-pipe",
            "about:blank",
        ]
        let argv = arguments.map { strdup($0) } + [nil]
        defer { for pointer in argv { free(pointer) } }
        let environment =
            ["HOME=\(NSTemporaryDirectory())", "PATH=/usr/bin:/bin"].map { (text: String) in strdup(text) } + [nil]
        defer { for pointer in environment { free(pointer) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, Self.executable, &actions, &attributes, argv, environment) == 0 else {
            throw TestFailure("cannot start \(Self.executable)")
        }
        self.pid = pid
        Glibc.close(down[0])
        Glibc.close(up[1])
        (commands, answers) = (down[1], up[0])
        _ = fcntl(answers, F_SETFL, O_NONBLOCK)
        let target = try await call("Target.createTarget", ["url": "about:blank"])["targetId"] as? String ?? ""
        let session = try await call("Target.attachToTarget", ["targetId": target, "flatten": true])["sessionId"]
        let name = session as? String
        state.withLock { $0.session = name }
        try await resize(width, height)
        let scheme = ["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]
        _ = try await call("Emulation.setEmulatedMedia", ["features": [scheme]])
    }

    func resize(_ width: Int, _ height: Int) async throws {
        _ = try await call(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    }

    func open(_ url: String) async throws { _ = try await call("Page.navigate", ["url": url]) }

    /// The value of a JavaScript expression as text.
    func evaluate(_ expression: String) async throws -> String {
        let answer = try await call(
            "Runtime.evaluate", ["expression": "String(\(expression))", "returnByValue": true, "awaitPromise": true])
        if let fault = answer["exceptionDetails"] { throw TestFailure("\(expression): \(fault)") }
        return (answer["result"] as? [String: Any])?["value"] as? String ?? ""
    }

    /// Waits until a JavaScript expression is true.
    func wait(for expression: String, within limit: Duration = .seconds(60)) async throws -> Bool {
        try await eventually(within: limit, every: .milliseconds(20)) { try await evaluate(expression) == "true" }
    }

    func press(_ key: String, code: Int) async throws {
        for type in ["rawKeyDown", "keyUp"] {
            _ = try await call(
                "Input.dispatchKeyEvent",
                ["type": type, "key": key, "code": key, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code])
        }
    }

    /// Clicks with the mouse into the middle of what a JavaScript expression gives, once that is there and enabled.
    func click(_ expression: String, within limit: Duration = .seconds(60)) async throws {
        let place = """
            (() => { const node = \(expression); if (!node || node.disabled) return ""; \
            node.scrollIntoView({block: "center"}); const box = node.getBoundingClientRect(); \
            return [box.x + box.width / 2, box.y + box.height / 2].join(" ") })()
            """
        var point: [Double] = []
        let isThere = try await eventually(within: limit, every: .milliseconds(20)) {
            point = try await evaluate(place).split(separator: " ").compactMap { Double($0) }
            return point.count == 2
        }
        guard isThere else { throw TestFailure("nothing to click: \(expression)") }
        for type in ["mouseMoved", "mousePressed", "mouseReleased"] {
            _ = try await call(
                "Input.dispatchMouseEvent",
                ["type": type, "x": point[0], "y": point[1], "button": "left", "clickCount": 1])
        }
    }

    func screenshot(_ file: URL) async throws {
        let data = try await call("Page.captureScreenshot", ["format": "png"])["data"] as? String
        try Data(base64Encoded: data ?? "")?.write(to: file)
    }

    func close() {
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        Glibc.close(commands)
        Glibc.close(answers)
        try? FileManager.default.removeItem(atPath: profile)
    }

    private func call(_ method: String, _ parameters: [String: Any]) async throws -> sending [String: Any] {
        let (number, session) = state.withLock { state in
            state.number += 1
            return (state.number, state.session)
        }
        var message: [String: Any] = ["id": number, "method": method, "params": parameters]
        message["sessionId"] = session
        var bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
        while !bytes.isEmpty {
            let count = write(commands, bytes, bytes.count)
            guard count > 0 else { throw TestFailure("the browser is gone") }
            bytes.removeFirst(count)
        }
        var answer: [String: Any]?
        let isAnswered = try await eventually(every: .milliseconds(2)) {
            while answer == nil, let text = nextAnswer() {
                let message = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any]
                if message?["id"] as? Int == number { answer = message }
            }
            return answer != nil
        }
        guard isAnswered, let answer else { throw TestFailure("\(method): no answer") }
        if let error = answer["error"] { throw TestFailure("\(method): \(error)") }
        return answer["result"] as? [String: Any] ?? [:]
    }

    private func nextAnswer() -> [UInt8]? {
        state.withLock { state in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while !state.rest.contains(0) {
                let count = read(answers, &buffer, buffer.count)
                guard count > 0 else { return nil }
                state.rest += buffer[..<count]
            }
            guard let end = state.rest.firstIndex(of: 0) else { return nil }
            defer { state.rest.removeFirst(end + 1) }
            return Array(state.rest[..<end])
        }
    }
}
