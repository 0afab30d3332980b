import ServiceRuntime

/// `bypass-queue`: takes webhooks at once and calls each one's callback strictly in order within its group.
@main
enum BypassQueueService: ServiceDefinition {
    static let name = "bypass-queue"
    static let abstract = "Webhooks, called back strictly in order within a group, groups side by side."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let migrations = [
        ("001-queues.sql", String(decoding: PackageResources._01_queues_sql, as: UTF8.self)),
        ("002-lease-length.sql", String(decoding: PackageResources._02_lease_length_sql, as: UTF8.self)),
        ("003-policy-type.sql", String(decoding: PackageResources._03_policy_type_sql, as: UTF8.self)),
    ]
}
