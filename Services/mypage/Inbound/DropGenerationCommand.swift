import ServiceRuntime

/// `mypage drop-generation <number>`
struct DropGenerationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop-generation", abstract: "Drop a generation that readers do not see, with its tables.")

    @Argument(help: "The generation's number, see the subcommand generations.")
    var number: Int

    func run() async throws {
        let generation = Generation(number: number)
        try await ServiceCommand.run(MypageService.self) { configuration, logger in
            try await MypageService.withPool(configuration, logger) { pool in
                let store = MariaDBGenerationStore(pool: pool)
                let generations = try await store.generations()
                guard let state = generations.states[generation] else {
                    throw ServiceFailure("there is no \(generation)")
                }
                guard generation != generations.active else {
                    throw ServiceFailure("readers see \(generation); it cannot be dropped")
                }
                if state != .dropped {
                    guard try await store.retire(generation) else {
                        throw ServiceFailure("readers see \(generation); it cannot be dropped")
                    }
                    // The replicas notice within a second and stop feeding it.
                    try await Task.sleep(for: .seconds(2))
                }
                try await store.dropTables(generation)
            }
            print("\(generation) is dropped")
        }
    }
}
