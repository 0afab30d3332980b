import Logging
import MariaDB
import ServiceLifecycle

/// Removes what has outlived its use: inbox rows after days.
///
/// Rows leave in small batches, so that no lock is held for long and nobody waits.
struct MypageHousekeeping: Service, CustomStringConvertible {
    /// Days for which the inbox remembers an event; what is older is still harmless, by the rule of versions.
    static let inboxDays: Int64 = 7
    private static let batch: Int64 = 1000

    let pool: MariaDBPool
    let active: ActiveGeneration
    var interval: Duration = .seconds(60)
    let logger: Logger

    var description: String { "MypageHousekeeping" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: interval)
                for generation in active.live { await purge(generation) }
            }
        }
    }

    func purge(_ generation: Generation) async {
        let sql = """
            DELETE FROM \(MypageTables(generation).inbox)
            WHERE received_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY ORDER BY received_at LIMIT ?
            """
        do {
            while !Task.isCancelled {
                let count = try await pool.run { try $0.execute(sql, [.int8(Self.inboxDays), .int8(Self.batch)]) }
                if count < Int(Self.batch) { return }
            }
        } catch {
            logger.warning("Purging failed; it is tried again later", metadata: ["error": "\(error)"])
        }
    }
}
