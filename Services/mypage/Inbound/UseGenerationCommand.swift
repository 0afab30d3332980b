import ServiceRuntime

/// `mypage use-generation <number>`
struct UseGenerationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "use-generation", abstract: "Let readers see another live generation, such as the one before.")

    @Argument(help: "The generation's number, see the subcommand generations.")
    var number: Int

    func run() async throws {
        let generation = Generation(number: number)
        try await ServiceCommand.run(MypageService.self) { configuration, logger in
            try await MypageService.withPool(configuration, logger) { pool in
                let store = MariaDBGenerationStore(pool: pool)
                guard try await store.generations().live.contains(generation) else {
                    throw ServiceFailure("\(generation) is not live; see the subcommand generations")
                }
                try await store.activate(generation)
            }
            print("readers see \(generation)")
        }
    }
}
