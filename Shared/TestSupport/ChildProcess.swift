import Foundation
import Synchronization

/// A process that a test started, and ends by its id.
public final class ChildProcess: Sendable {
    /// What the operating system calls it.
    public let pid: pid_t
    /// Where its output goes.
    public let log: URL
    private let exit = Mutex<Int32?>(nil)

    /// Starts `executable`; output goes to the end of `log`, input comes from nowhere.
    public init(_ executable: String, _ arguments: [String], environment: [String: String], log: URL) throws {
        self.log = log
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log.path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Sockets of the test process, its broker's among them, are not the child's; closing a free number is no error.
        for descriptor in Int32(3)..<1_000 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        // A group of its own: a Ctrl-C at the test run must not reach it behind our back.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let argv = ([executable] + arguments).map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, executable, &actions, &attributes, argv, envp)
        guard code == 0 else {
            throw TestFailure("cannot start \(executable): \(String(cString: strerror(code)))")
        }
        self.pid = pid
    }

    deinit { kill() }

    /// Whether it still runs; a stopped process does.
    public var isRunning: Bool { exitStatus == nil }

    /// `waitpid`'s status once it has ended: the exit code, or minus the signal's number.
    public var exitStatus: Int32? {
        exit.withLock { exit in
            if exit == nil {
                var status: Int32 = 0
                if waitpid(pid, &status, WNOHANG) == pid {
                    exit = status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
                }
            }
            return exit
        }
    }

    /// Sends a signal.
    public func signal(_ number: Int32) {
        if isRunning { _ = Glibc.kill(pid, number) }
    }

    /// SIGKILL, and waits until it is gone.
    public func kill() {
        guard isRunning else { return }
        signal(SIGKILL)
        while isRunning { usleep(1_000) }
    }

    /// SIGTERM, and waits for the end; SIGKILL after `limit`.
    @discardableResult
    public func terminate(within limit: Duration = .seconds(30)) async -> Int32? {
        signal(SIGTERM)
        if await !eventually(within: limit, { !isRunning }) { kill() }
        return exitStatus
    }

    /// The last lines of its output, for messages.
    public func tail(_ lines: Int = 5) -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}
