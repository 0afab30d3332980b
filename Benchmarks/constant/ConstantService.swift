import ServiceRuntime

/// The bare runtime: the same JSON for every request, by an ordinary route and by a fast one.
///
/// What it reaches is the limit of every read of the suite.
@main
enum ConstantService: ServiceDefinition {
    static let name = "constant"
    static let abstract = "Answers each read with the same JSON: the limit of the benchmarks."
    static let openAPI = "openapi: 3.1.0\ninfo: {title: constant, version: '1'}\npaths: {}\n"

    static func build(_ configuration: ConstantConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let routes = ConstantRoutes(body: configuration.body)
        return ServiceAssembly(routes: [routes], fastRoutes: routes.fastRoutes)
    }
}
