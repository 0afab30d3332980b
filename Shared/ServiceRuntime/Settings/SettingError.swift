/// A configuration variable that is missing or wrong.
///
/// `description` is one line that names the variable, the fault and an example, and is safe to show: the value of a
/// secret is never part of it.
public struct SettingError: Error, Sendable, Hashable, CustomStringConvertible {
    public let variable: String
    public let fault: String
    public let example: String?

    public init(variable: String, fault: String, example: String? = nil) {
        self.variable = variable
        self.fault = fault
        self.example = example
    }

    public var description: String {
        "\(variable): \(fault)" + (example.map { " (example: \(variable)=\($0))" } ?? "")
    }
}

/// What a parser given to ``SettingsReader`` throws to say what is wrong with a value.
public struct InvalidValue: Error, Sendable, CustomStringConvertible {
    public let description: String

    /// - Parameter fault: Continues the sentence "the value …", such as "is not a URL".
    public init(_ fault: String) { description = fault }
}
