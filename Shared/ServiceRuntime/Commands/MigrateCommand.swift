import ArgumentParser
import Logging

/// Brings the schema up to date. A database that is away is waited for, at most 30 s.
struct MigrateCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "migrate", abstract: "Bring the database's schema up to date.")
    }

    func run() async throws {
        guard let migrate = Definition.migrate else { return }
        try await ServiceCommand.run(Definition.self) { configuration, logger in
            let deadline = ContinuousClock.now + .seconds(30)
            var attempt = 0
            while true {
                do {
                    try await migrate(configuration, logger)
                    return logger.info("schema is up to date")
                } catch  where Definition.isUnavailable(error) && .now < deadline {
                    if attempt % 10 == 0 {
                        logger.warning(
                            "waiting for the database", metadata: [LogKey.error: "\(ErrorText.line(error))"])
                    }
                    attempt += 1
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }
}
