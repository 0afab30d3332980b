import ServiceRuntime

/// `order-collector check FILE`: reads a pipeline and says what is wrong with it, and where.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a configuration file; says the line of the fault.")

    @Argument(help: "The YAML file.") var file: String

    func run() throws {
        do {
            let plan = try CollectorConfiguration.plan(file: file)
            print(
                "\(file): \(plan.sources.count) sources, \(plan.channels.count) channels, \(plan.sinks.count) sinks")
        } catch let error as SettingError {
            throw ServiceFailure(error.fault, exitCode: ExitStatus.configuration)
        }
    }
}
