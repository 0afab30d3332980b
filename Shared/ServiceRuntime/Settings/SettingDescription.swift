/// One configuration variable as `--help` shows it.
public struct SettingDescription: Sendable, Hashable {
    public let name: String
    /// `nil` when the variable is required or simply absent by default; see ``isRequired``.
    public let defaultValue: String?
    public let isRequired: Bool
    public let isSecret: Bool
    public let example: String
    public let help: String

    /// The variable's paragraph in `--help`.
    var text: String {
        let state =
            if isRequired { "required" } else if let defaultValue { "default: \(defaultValue)" } else { "optional" }
        let notes = isSecret ? "\(state), secret, or in the file \(name)_FILE" : state
        return "  \(name)  (\(notes); example: \(example))\n      \(help)"
    }
}
