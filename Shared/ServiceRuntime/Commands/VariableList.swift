/// The variables of a configuration as `--help` prints them.
enum VariableList {
    static func text<Configuration: ServiceConfiguration>(of type: Configuration.Type) -> String {
        var settings = SettingsReader.describing()
        // A fault here would be one of the configuration's own examples; the list up to it is still of use.
        let fault: String
        do {
            _ = try Configuration(&settings)
            fault = ""
        } catch {
            fault = "\n  (the list ends here: \(ErrorText.line(error)))"
        }
        let list = settings.descriptions.map(\.text).joined(separator: "\n")
        return "ENVIRONMENT:\n\(list)\(fault)"
    }
}
