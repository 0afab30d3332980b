import ServiceRuntime

/// `mypage rebuild`
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Build a new generation of the read model from the log, then let readers see it.",
        discussion: """
            Runs beside the service, which goes on serving the old generation and feeds both afterwards. Killed, it \
            goes on where it stopped when it is run again. The old generation stays until drop-generation.
            """)

    @Flag(help: "Rebuild although the log's beginning is gone: every source has been republished since.")
    var republished = false

    func run() async throws {
        let republished = self.republished
        try await ServiceCommand.run(MypageService.self) { configuration, logger in
            let generation = try await MypageService.withPool(configuration, logger) { pool in
                let rebuild = Rebuild(
                    store: MariaDBGenerationStore(pool: pool), lock: RebuildLock(pool: pool),
                    kafka: configuration.kafka, projection: { MariaDBMypageProjection($0, pool: pool) },
                    logger: logger)
                return try await rebuild(mayBeHeadless: republished)
            }
            print("readers see \(generation)")
        }
    }
}
