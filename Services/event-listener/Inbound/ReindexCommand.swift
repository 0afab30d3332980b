import ServiceRuntime

/// `event-listener reindex`
struct ReindexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reindex", abstract: "Index every stored event again.",
        discussion: """
            For an index that was lost or is to be built anew, and after PostgreSQL was restored into another cluster. \
            Runs beside the service, which begins anew with its next page.
            """)

    func run() async throws {
        try await ServiceCommand.run(EventListenerService.self) { configuration, logger in
            try await EventListenerService.withPool(configuration, logger) { pool in
                try await pool.run { try IndexCursor.forget(on: $0) }
            }
            print("the index begins anew with the oldest event")
        }
    }
}
