import Postgres

/// The tables that every publishing service has besides its own.
public enum OutboxSchema {
    /// The channel on which the relay is told of committed events.
    static let channel = "outbox"

    /// Migrations that run before a service's own.
    public static let migrations: [(name: String, sql: String)] = [
        ("000-messaging.sql", String(decoding: PackageResources._00_messaging_sql, as: UTF8.self)),
        ("000-outbox-signal.sql", String(decoding: PackageResources._00_outbox_signal_sql, as: UTF8.self)),
    ]
}
