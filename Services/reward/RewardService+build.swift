import ArgumentParser
import Contracts
import Logging
import Outbox
import PublishingService
import ServiceRuntime

extension RewardService {
    static func build(_ configuration: RewardConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let service = try PublishingService(
            name: name, settings: configuration.publishing, migrations: migrations, context: context)
        let repository = PostgresRewardRepository(pool: service.pool)
        let routes = RewardRoutes(
            repository: repository,
            change: ChangeReward(repository: repository))
        return try service.assembly(
            routes: [routes],
            handler: RewardEvents.handler(pool: service.pool, store: RewardStore()),
            topics: Array(RewardEvents.types.keys))
    }

    static let migrate: (@Sendable (RewardConfiguration, Logger) async throws -> Void)? = { configuration, logger in
        try await PublishingService.migrate(configuration.publishing, migrations, logger)
    }

    static func isUnavailable(_ error: any Error) -> Bool { PublishingService.isUnavailable(error) }

    static let subcommands: [any ParsableCommand.Type] = [Republish.self, DeadLetterCommand<RewardService>.self]

    /// `reward republish`
    struct Republish: AsyncParsableCommand {
        static let configuration = RepublishCommand.configuration

        func run() async throws {
            try await ServiceCommand.run(RewardService.self) { configuration, logger in
                try await RepublishCommand.run(configuration.publishing, RewardStore(), logger) {
                    $0.stateEvent(in: WriteContext())
                }
            }
        }
    }
}
