import Configuration

/// Reads the environment once, strictly, and knows every variable that was asked for.
///
/// The same `init(_ settings: inout SettingsReader)` of a configuration serves two purposes: with an environment it
/// reads; made by ``describing()`` it answers with defaults and examples and collects what `--help` prints.
/// An empty value counts as not set. Every secret `NAME` may stand in a file instead, which `NAME_FILE` names: so it is
/// in no environment, and Kubernetes and Docker can mount it.
///
/// - Errors: ``SettingError`` for the first variable that is missing or wrong.
public struct SettingsReader {
    private let config: ConfigReader
    /// Whether it only gathers which variables there are: each is read as if it had its default or example.
    public let isDescribing: Bool
    /// Every variable that was asked for, in order.
    public private(set) var descriptions: [SettingDescription] = []

    public init(environment: [String: String]) {
        config = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment))
        isDescribing = false
    }

    private init() {
        config = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: [:]))
        isDescribing = true
    }

    /// A reader that answers with defaults and examples, to learn which variables a configuration has.
    public static func describing() -> SettingsReader { SettingsReader() }

    /// A value of any type; required when there is no default.
    ///
    /// - Parameter parse: Throws ``InvalidValue`` (or any error with a safe description) to refuse the text.
    public mutating func value<Value>(
        _ name: String, default defaultValue: String? = nil, example: String, help: String, isSecret: Bool = false,
        parse: (String) throws -> Value
    ) throws -> Value {
        describe(
            name, defaultValue: defaultValue, isRequired: defaultValue == nil, isSecret: isSecret, example: example,
            help: help)
        guard let text = try text(name, isSecret: isSecret) ?? defaultValue ?? (isDescribing ? example : nil) else {
            throw SettingError(variable: name, fault: "is required but not set", example: example)
        }
        return try Self.parsed(text, name: name, example: example, isSecret: isSecret, parse)
    }

    /// A value of any type that may be absent.
    public mutating func optionalValue<Value>(
        _ name: String, example: String, help: String, isSecret: Bool = false, parse: (String) throws -> Value
    ) throws -> Value? {
        describe(name, defaultValue: nil, isRequired: false, isSecret: isSecret, example: example, help: help)
        return try text(name, isSecret: isSecret).map {
            try Self.parsed($0, name: name, example: example, isSecret: isSecret, parse)
        }
    }

    private mutating func describe(
        _ name: String, defaultValue: String?, isRequired: Bool, isSecret: Bool, example: String, help: String
    ) {
        guard isDescribing, !descriptions.contains(where: { $0.name == name }) else { return }
        descriptions.append(
            SettingDescription(
                name: name, defaultValue: defaultValue, isRequired: isRequired, isSecret: isSecret, example: example,
                help: help))
    }

    private func text(_ name: String, isSecret: Bool) throws -> String? {
        let text = variable(name, isSecret: isSecret)
        let fileName = "\(name)_FILE"
        guard isSecret, let path = variable(fileName, isSecret: false) else { return text }
        let example = "/run/secrets/\(name.lowercased().replacing("_", with: "-"))"
        guard text == nil else {
            throw SettingError(variable: fileName, fault: "must not be set together with \(name)", example: example)
        }
        return try Self.parsed(path, name: fileName, example: example, isSecret: false) { try SecretFile.read($0) }
    }

    private func variable(_ name: String, isSecret: Bool) -> String? {
        // HTTP_PORT is the key http.port: the provider joins the parts with "_" and makes them upper case.
        let parts = name.split(separator: "_").map { $0.lowercased() }
        let text = config.string(forKey: ConfigKey(parts), isSecret: isSecret)
        return text?.isEmpty == true ? nil : text
    }

    private static func parsed<Value>(
        _ text: String, name: String, example: String, isSecret: Bool, _ parse: (String) throws -> Value
    ) throws -> Value {
        do {
            return try parse(text)
        } catch let error as SettingError {
            throw error
        } catch let error as InvalidValue {
            let shown = isSecret ? "" : ", not \"\(SafeText.singleLine(text, limit: 120))\""
            throw SettingError(variable: name, fault: error.description + shown, example: example)
        } catch {
            throw SettingError(variable: name, fault: SafeText.singleLine("\(error)"), example: example)
        }
    }
}
