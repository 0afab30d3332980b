import ServiceRuntime

/// `telegram`: messages to customers through the Telegram Bot API.
@main
enum TelegramService: ServiceDefinition {
    static let name = "telegram"
    static let abstract = "Messages to customers through the Telegram Bot API: at most one for each key."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let migrations = [
        ("001-messages.sql", String(decoding: PackageResources._01_messages_sql, as: UTF8.self))
    ]
}
