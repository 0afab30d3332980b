import Foundation
import TestSupport

/// Lets one process see other files than the rest of the machine; the view ends with the process.
enum MountNamespace {
    /// Whether this user may mount.
    static let isAllowed: Bool = {
        let child = try? ChildProcess(
            "/usr/bin/unshare", ["--mount", "/bin/sh", "-c", "mount -t tmpfs tmpfs /mnt"], environment: [:],
            log: URL(fileURLWithPath: "/dev/null"))
        while child?.isRunning == true { usleep(1_000) }
        return child?.exitStatus == 0
    }()

    /// What to run in front of an executable.
    ///
    /// - Parameter mount: A shell command; it sees the process's variables.
    static func command(_ mount: String) -> [String] {
        ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", "\(mount) && exec \"$@\"", "sh"]
    }
}
