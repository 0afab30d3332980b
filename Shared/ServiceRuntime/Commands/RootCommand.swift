import ArgumentParser

/// `mission`, with `serve` as its default subcommand.
struct RootCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        var subcommands: [any ParsableCommand.Type] = [ServeCommand<Definition>.self]
        if Definition.migrate != nil { subcommands.append(MigrateCommand<Definition>.self) }
        return CommandConfiguration(
            commandName: Definition.name, abstract: Definition.abstract,
            discussion: "Configured by environment variables; see below.",
            subcommands: subcommands + Definition.subcommands, defaultSubcommand: ServeCommand<Definition>.self)
    }
}
