import ServiceRuntime

/// `mission`: missions of a customer; achieving one starts the saga.
@main
enum MissionService: ServiceDefinition {
    static let name = "mission"
    static let abstract = "Missions of customers: achieving one starts the saga."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let migrations = [
        ("001-missions.sql", String(decoding: PackageResources._01_missions_sql, as: UTF8.self))
    ]
}
