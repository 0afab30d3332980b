import ArgumentParser
import Logging

/// A service: its name, its configuration and how it is put together.
///
/// ```swift
/// @main
/// enum Mission: ServiceDefinition { … }
/// ```
public protocol ServiceDefinition: Sendable {
    associatedtype Configuration: ServiceConfiguration

    /// The executable's name, such as `mission`; also the `service` of its log lines.
    static var name: String { get }
    /// One sentence for `--help`.
    static var abstract: String { get }
    /// What `/openapi.yaml` answers.
    static var openAPI: String { get }

    /// Makes everything the service consists of. It does no I/O: what can fail because of the outside belongs into
    /// ``ServiceAssembly/preflight``.
    static func build(_ configuration: Configuration, _ context: ServiceContext) throws -> ServiceAssembly

    /// Brings the schema up to date; `nil` when the service has none. Run again, it does nothing.
    static var migrate: (@Sendable (Configuration, Logger) async throws -> Void)? { get }

    /// Whether an error of the preflight or of `migrate` means "not reachable now, try again" (a database that is
    /// away) rather than "wrong" (a password that is refused). Wrong ends the process.
    static func isUnavailable(_ error: any Error) -> Bool

    /// Further subcommands; see ``ServiceCommand``.
    static var subcommands: [any ParsableCommand.Type] { get }
}

extension ServiceDefinition {
    public static var migrate: (@Sendable (Configuration, Logger) async throws -> Void)? { nil }
    public static var subcommands: [any ParsableCommand.Type] { [] }
    public static func isUnavailable(_ error: any Error) -> Bool { false }

    /// The process: parses the arguments, reads the environment, runs the command, and ends with its exit code.
    public static func main() async { await ServiceMain<Self>.main() }
}
