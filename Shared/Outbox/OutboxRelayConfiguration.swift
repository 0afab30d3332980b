import Postgres
import Resilience

/// Bounds of an ``OutboxRelay``.
public struct OutboxRelayConfiguration: Sendable {
    /// `ce_source` of the events, such as `/game/mission`.
    public var source: String
    /// Most rows in one round.
    public var batchSize: Int
    /// Longest time between two looks at the table when no notification comes; below `sessionTimeout`.
    public var pollInterval: Duration
    /// Silence after which the server ends the relay's session and so frees its lock.
    public var sessionTimeout: Duration
    /// How long a relay that is told to stop waits for acknowledgements that are still out.
    public var stopPatience: Duration
    /// Number of the advisory lock; all replicas of a service use the same.
    public var lockKey: Int64
    /// Pauses after a lost session or a broker that takes nothing.
    public var backoff: Backoff
    /// Pauses before an event is tried again that the broker has refused for good.
    public var refusalBackoff: Backoff

    public init(
        source: String,
        batchSize: Int = 2_000,
        pollInterval: Duration = .seconds(1),
        sessionTimeout: Duration = .seconds(3),
        stopPatience: Duration = .seconds(2),
        lockKey: Int64 = 0x6F75_7462_6F78,
        backoff: Backoff = Backoff(base: .milliseconds(100), limit: .seconds(2)),
        refusalBackoff: Backoff = Backoff(base: .seconds(1), limit: .seconds(60))
    ) {
        self.source = source
        self.batchSize = batchSize
        self.pollInterval = pollInterval
        self.sessionTimeout = sessionTimeout
        self.stopPatience = stopPatience
        self.lockKey = lockKey
        self.backoff = backoff
        self.refusalBackoff = refusalBackoff
    }

    /// The settings of the relay's session: those of `base`, and an end to silence.
    public func session(_ base: PostgresConfiguration) -> PostgresConfiguration {
        var configuration = base
        configuration.idleSessionTimeout = sessionTimeout
        configuration.applicationName += "-relay"
        return configuration
    }
}
