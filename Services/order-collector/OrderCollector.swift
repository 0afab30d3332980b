import ServiceRuntime

/// `order-collector`: follows files and hands their lines on, losing none.
@main
enum OrderCollector: ServiceDefinition {
    static let name = "order-collector"
    static let abstract = "Follows files and other sources and hands their lines on, losing none."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let subcommands: [any ParsableCommand.Type] = [CheckCommand.self]
}
