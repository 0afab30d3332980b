import ServiceRuntime

/// `gift`: a customer exchanges a reward for a gift and uses it.
@main
enum GiftService: ServiceDefinition {
    static let name = "gift"
    static let abstract = "Gifts of customers: exactly one live gift for each reward."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let migrations = [
        ("001-gifts.sql", String(decoding: PackageResources._01_gifts_sql, as: UTF8.self))
    ]
}
