/// What a service is configured with; made from the environment once, at start.
public protocol ServiceConfiguration: Sendable {
    /// Reads every variable the service has. Also run with a describing reader, to print `--help`: it must do
    /// nothing but read.
    init(_ settings: inout SettingsReader) throws

    /// What all services have in common.
    var runtime: RuntimeConfiguration { get }
}
