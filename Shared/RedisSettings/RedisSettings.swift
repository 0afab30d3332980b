import Redis
import ServiceRuntime

/// How services are told of their Redis, and what they ask it before they serve.
public enum RedisSettings {
    static let variable = "REDIS_URL"
    static let example = "redis://:secret@127.0.0.1:6379/0"
    static let form = " rediss://…?sslrootcert=FILE for TLS."

    /// The service cannot do without it.
    public static func required(_ settings: inout SettingsReader, help: String) throws -> RedisConfiguration {
        try settings.value(variable, example: example, help: help + form, isSecret: true) { text in
            try RedisConfiguration(url: text)
        }
    }

    public static func optional(_ settings: inout SettingsReader, help: String) throws -> RedisConfiguration? {
        try settings.optionalValue(variable, example: example, help: help + form, isSecret: true) { text in
            try RedisConfiguration(url: text)
        }
    }

    /// Throws when Redis does not answer: a ``SettingError`` when waiting would not mend that, for it does not let us in
    /// or its certificate is not the right one.
    public static func check(_ pool: RedisPool) async throws {
        do {
            try await pool.check()
        } catch let error as RedisError where error.isMisconfigured {
            throw SettingError(variable: variable, fault: "\(error)", example: example)
        }
    }
}
