import ArgumentParser
import Logging

/// What every subcommand begins with.
///
/// ```swift
/// struct Republish: AsyncParsableCommand {
///     static let configuration = CommandConfiguration(commandName: "republish", abstract: "…")
///     func run() async throws {
///         try await ServiceCommand.run(Mission.self) { configuration, logger in … }
///     }
/// }
/// ```
public enum ServiceCommand {
    /// Reads the configuration, sets up logging and metrics, and runs `body`.
    ///
    /// Errors that `body` throws end the process with their description as one line and an exit code that is not 0.
    /// The log goes to standard error: standard output is the command's own.
    public static func run<Definition: ServiceDefinition>(
        _ definition: Definition.Type,
        _ body: (Definition.Configuration, Logger) async throws -> Void
    ) async throws {
        try await run(definition, log: .standardError, body)
    }

    static func run<Definition: ServiceDefinition>(
        _ definition: Definition.Type, log: LogWriter,
        _ body: (Definition.Configuration, Logger) async throws -> Void
    ) async throws {
        let configuration = try ServiceMain<Definition>.configuration()
        let logger = LoggingBootstrap.start(service: definition.name, runtime: configuration.runtime, writer: log)
        PrometheusRegistry.bootstrap()
        try await body(configuration, logger)
    }
}
