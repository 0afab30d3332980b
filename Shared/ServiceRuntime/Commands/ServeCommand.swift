import ArgumentParser
import Foundation
import Logging
import UnixSignals

/// Serves until SIGTERM or SIGINT.
struct ServeCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "serve", abstract: "Serve until SIGTERM (default).")
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await ServiceCommand.run(Definition.self, log: .standardOutput) { configuration, logger in
            let application = try ServiceApplication(Definition.self, configuration: configuration, logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await Self.obey(signals, application, timeout: configuration.runtime.shutdownTimeout, logger)
                }
                try await application.run()
                group.cancelAll()
            }
            logger.info("stopped")
        }
    }

    /// The first signal starts the shutdown and its deadline, the second ends the process at once.
    private static func obey(
        _ signals: UnixSignalsSequence, _ application: ServiceApplication, timeout: Duration, _ logger: Logger
    ) async {
        var isStopping = false
        for await signal in signals {
            if isStopping {
                logger.error("second signal, ending at once", metadata: [LogKey.signal: "\(signal)"])
                _exit(ExitStatus.interrupted)
            }
            isStopping = true
            logger.info("shutting down", metadata: [LogKey.signal: "\(signal)"])
            application.shutDown()
            ShutdownDeadline.start(timeout, service: Definition.name, logger)
        }
    }
}
