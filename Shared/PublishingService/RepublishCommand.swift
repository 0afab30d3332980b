import ArgumentParser
import Contracts
import Logging
import Outbox
import Postgres
import ServiceRuntime

/// What `<service> republish` has in common: all entities once more through the outbox.
public enum RepublishCommand {
    public static let configuration = CommandConfiguration(
        commandName: "republish",
        abstract: "Put the current state of every entity through the outbox again.",
        discussion: """
            For consumers that build their view anew. Runs beside the service, whose relay publishes the events. \
            They carry the entities' present versions, so whoever has seen these ignores them.
            """)

    /// - Parameter event: The event that carries the whole present state of an entity.
    public static func run<Store: AggregateStore>(
        _ settings: PublishingSettings, _ store: Store, _ logger: Logger,
        event: @escaping @Sendable (Store.Entity) -> NewEvent
    ) async throws {
        let count = try await PostgresPool.with(settings.database.service, logger: logger) { pool in
            try await Republisher(store, pool: pool, logger: logger, event: event).run()
        }
        print("\(count) events are in the outbox; the service's relay publishes them")
    }
}
