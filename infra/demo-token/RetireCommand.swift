import ArgumentParser

/// `demo-token retire`
struct RetireCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Remove all keys but the newest; tokens that they signed are refused soon.")

    @OptionGroup var options: FolderOption

    func run() throws {
        try options.keys.retire()
        print(options.keys.keySetPath)
    }
}
