import ServiceRuntime

/// `reward`: grants exactly one reward for each achieved mission.
@main
enum RewardService: ServiceDefinition {
    static let name = "reward"
    static let abstract = "Rewards of customers: exactly one for each achieved mission."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let migrations = [
        ("001-rewards.sql", String(decoding: PackageResources._01_rewards_sql, as: UTF8.self))
    ]
}
