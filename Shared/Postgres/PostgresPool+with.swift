import Logging

extension PostgresPool {
    /// Runs `body` with a pool of one connection, and closes it whatever happens; for subcommands and migrations.
    public static func with<Value>(
        _ configuration: PostgresConfiguration, logger: Logger, _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        let pool = PostgresPool(configuration, connections: 1, logger: logger)
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
