import Logging
import Metrics

/// The place of one connection on one thread: connects when needed, replaces what was lost.
///
/// While the server is away, an attempt is made from time to time and callers in between are refused at once with
/// the last attempt's error, so that nobody waits longer than one attempt takes.
final class ConnectionSlot {
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let reconnects: Counter
    private let wakeup: PostgresWakeup?
    private var connection: PostgresConnection?
    private var delay = ReconnectDelay()
    private var refusal: (error: any Error, until: ContinuousClock.Instant)?
    private var hasConnected = false

    init(_ configuration: PostgresConfiguration, wakeup: PostgresWakeup? = nil, logger: Logger) {
        self.configuration = configuration
        self.wakeup = wakeup
        self.logger = logger
        reconnects = Counter(label: "db_reconnects_total", dimensions: [("database", configuration.database)])
    }

    /// Runs `body` with a live connection and leaves no transaction open behind it.
    func use<Value>(_ body: (PostgresConnection) throws -> Value) throws -> Value {
        let connection = try connected()
        defer { connection.rollBack() }
        return try body(connection)
    }

    /// Finds out without waiting whether the server has hung up, and closes our end then.
    func checkIdle() {
        guard let connection, !connection.isAlive else { return }
        self.connection = nil
        logger.info("connection to PostgreSQL lost", metadata: [LogKey.address: "\(configuration.address)"])
    }

    private func connected() throws -> PostgresConnection {
        checkIdle()
        if let connection { return connection }
        if let refusal, refusal.until > .now { throw refusal.error }
        do {
            let connection = try PostgresConnection(configuration)
            connection.wakeup = wakeup
            didConnect(connection)
            return connection
        } catch {
            if refusal == nil {
                logger.info(
                    "cannot connect to PostgreSQL",
                    metadata: [LogKey.address: "\(configuration.address)", LogKey.error: "\(error)"])
            }
            refusal = (error, .now + delay.next())
            throw error
        }
    }

    private func didConnect(_ connection: PostgresConnection) {
        self.connection = connection
        refusal = nil
        delay.reset()
        if hasConnected {
            reconnects.increment()
            logger.info("connected to PostgreSQL again", metadata: [LogKey.address: "\(configuration.address)"])
        }
        hasConnected = true
    }
}
