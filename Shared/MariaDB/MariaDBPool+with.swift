import Logging

extension MariaDBPool {
    /// Runs `body` with a pool of one connection, and closes it whatever happens; for subcommands and migrations.
    public static func with<Value>(
        _ configuration: MariaDBConfiguration, logger: Logger, _ body: (MariaDBPool) async throws -> Value
    ) async throws -> Value {
        let pool = MariaDBPool(configuration, connections: 1, logger: logger)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(pool))
        } catch {
            outcome = .failure(error)
        }
        await pool.close()
        return try outcome.get()
    }
}
