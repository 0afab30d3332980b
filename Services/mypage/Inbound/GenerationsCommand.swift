import ServiceRuntime

/// `mypage generations`
struct GenerationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generations", abstract: "List the generations of the read model.")

    func run() async throws {
        try await ServiceCommand.run(MypageService.self) { configuration, logger in
            let generations = try await MypageService.withPool(configuration, logger) { pool in
                try await MariaDBGenerationStore(pool: pool).generations()
            }
            for (generation, state) in generations.states.sorted(by: { $0.key < $1.key }) {
                print("\(generation.number)\t\(state.rawValue)\(generation == generations.active ? "\tactive" : "")")
            }
        }
    }
}
