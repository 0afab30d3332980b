import ArgumentParser

/// `demo-token keys`
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Make the first key and jwks.json; an existing key stays.")

    @OptionGroup var options: FolderOption

    func run() throws {
        if try options.keys.keys().isEmpty { _ = try options.keys.add() }
        print(options.keys.keySetPath)
    }
}
