import ArgumentParser
import Contracts
import Logging
import Outbox
import PublishingService
import ServiceRuntime

extension MissionService {
    static func build(_ configuration: MissionConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let service = try PublishingService(
            name: name, settings: configuration.publishing, migrations: migrations, context: context)
        let repository = PostgresMissionRepository(pool: service.pool)
        let routes = MissionRoutes(
            repository: repository,
            create: CreateMission(repository: repository),
            change: ChangeMission(repository: repository))
        return try service.assembly(
            routes: [routes],
            handler: MissionEvents.handler(pool: service.pool, store: MissionStore()),
            topics: Array(MissionEvents.types.keys))
    }

    static let migrate: (@Sendable (MissionConfiguration, Logger) async throws -> Void)? = { configuration, logger in
        try await PublishingService.migrate(configuration.publishing, migrations, logger)
    }

    static func isUnavailable(_ error: any Error) -> Bool { PublishingService.isUnavailable(error) }

    static let subcommands: [any ParsableCommand.Type] = [Republish.self, DeadLetterCommand<MissionService>.self]

    /// `mission republish`
    struct Republish: AsyncParsableCommand {
        static let configuration = RepublishCommand.configuration

        func run() async throws {
            try await ServiceCommand.run(MissionService.self) { configuration, logger in
                try await RepublishCommand.run(configuration.publishing, MissionStore(), logger) {
                    $0.stateEvent(in: WriteContext())
                }
            }
        }
    }
}
