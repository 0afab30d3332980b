/// Why the process ends, in one line for the person who started it.
public struct ServiceFailure: Error, Sendable, CustomStringConvertible {
    public let description: String
    /// See ``ExitStatus``.
    public let exitCode: Int32

    public init(_ description: String, exitCode: Int32 = ExitStatus.failure) {
        self.description = description
        self.exitCode = exitCode
    }
}

/// The exit codes of every executable.
public enum ExitStatus {
    /// Anything that is not one of the others.
    public static let failure: Int32 = 1
    /// Wrong arguments (`EX_USAGE`).
    public static let usage: Int32 = 64
    /// A variable that is missing or wrong, or that the system or the store refuses (`EX_CONFIG`).
    public static let configuration: Int32 = 78
    /// A second SIGTERM or SIGINT during the shutdown.
    public static let interrupted: Int32 = 143
}

/// Errors as one line that is safe to show.
enum ErrorText {
    static func line(_ error: any Error) -> String {
        let kind = type(of: error)
        // Without a description of its own an error is not printed: its stored properties may hold anything.
        // (Asked of the type, because a cast of any error to CustomStringConvertible succeeds.)
        guard kind is any CustomStringConvertible.Type else { return "\(kind)" }
        return SafeText.singleLine(String(describing: error))
    }

    static func exitCode(_ error: any Error) -> Int32 {
        switch error {
        case is SettingError: ExitStatus.configuration
        case let failure as ServiceFailure: failure.exitCode
        default: ExitStatus.failure
        }
    }
}
