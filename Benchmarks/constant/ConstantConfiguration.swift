import ServiceRuntime

struct ConstantConfiguration: ServiceConfiguration {
    let runtime: RuntimeConfiguration
    /// JSON, the body of every answer.
    let body: [UInt8]

    init(_ settings: inout SettingsReader) throws {
        runtime = try RuntimeConfiguration(&settings, defaultPort: 8099)
        let text = try settings.string(
            "CONSTANT_BODY", default: "{}", example: #"{"id":1}"#, help: "The body of every answer.")
        body = Array(text.utf8)
    }
}
