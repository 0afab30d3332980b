import Logging
import Metrics

/// What a thread of the pool owns: a connection, or the way to get one. It never leaves its thread.
public final class MariaDBPooledConnection {
    /// After a failed attempt others fail at once for this long, so that a full queue does not wait for one connect
    /// time-out after the other.
    private static let pause: Duration = .milliseconds(100)

    private let configuration: MariaDBConfiguration
    private let logger: Logger
    private let reconnects = Counter(label: "db_reconnects_total")
    private var connection: MariaDBConnection?
    private var wasConnected = false
    private var failure: (error: MariaDBError, until: ContinuousClock.Instant)?

    init(_ configuration: MariaDBConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// The connection, made now if there is none or the old one is dead.
    public func connected() throws(MariaDBError) -> MariaDBConnection {
        if let connection, connection.isAlive { return connection }
        connection = nil
        if let failure, failure.until > .now { throw failure.error }
        do {
            let fresh = try MariaDBConnection(configuration)
            connection = fresh
            failure = nil
            noteConnected()
            return fresh
        } catch {
            if failure == nil { noteFailure(error) }
            failure = (error, .now.advanced(by: Self.pause))
            throw error
        }
    }

    func dropIfDead() {
        if let connection, !connection.isAlive { self.connection = nil }
    }

    private func noteConnected() {
        if wasConnected {
            reconnects.increment()
            logger.info("reconnected", metadata: ["mariadb.address": "\(configuration.address)"])
        }
        wasConnected = true
    }

    private func noteFailure(_ error: MariaDBError) {
        logger.info(
            "cannot connect",
            metadata: ["mariadb.address": "\(configuration.address)", "error": "\(error)"]
        )
    }
}
