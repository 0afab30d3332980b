import ArgumentParser

/// `demo-token rotate`
struct RotateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Add a key, which signs from now on; tokens of the old ones stay good.")

    @OptionGroup var options: FolderOption

    func run() throws { print(try options.keys.add().id) }
}
