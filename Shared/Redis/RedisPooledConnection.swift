import Logging
import Metrics

/// What a thread of the pool owns: a connection, or the way to get one. It never leaves its thread.
final class RedisPooledConnection {
    /// After a failed attempt others fail at once for this long, so that a full queue does not wait for one connect
    /// time-out after the other.
    private static let pause: Duration = .milliseconds(100)

    private let configuration: RedisConfiguration
    private let logger: Logger
    private let reconnects = Counter(label: "redis_reconnects_total")
    private var connection: RedisConnection?
    private var wasConnected = false
    private var failure: (error: RedisError, until: ContinuousClock.Instant)?

    init(_ configuration: RedisConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The connection, made now if there is none or the old one is dead.
    func connected() throws(RedisError) -> RedisConnection {
        if let connection, connection.isAlive { return connection }
        connection = nil
        if let failure, failure.until > .now { throw failure.error }
        do {
            let fresh = try RedisConnection(configuration)
            connection = fresh
            failure = nil
            if wasConnected {
                reconnects.increment()
                logger.info("reconnected", metadata: ["redis.address": "\(configuration.address)"])
            }
            wasConnected = true
            return fresh
        } catch {
            if failure == nil {
                logger.info(
                    "cannot connect",
                    metadata: ["redis.address": "\(configuration.address)", "error": "\(error)"])
            }
            failure = (error, .now.advanced(by: Self.pause))
            throw error
        }
    }
}
