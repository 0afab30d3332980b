import Contracts
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

    /// Removes what was received more than ``inboxDays`` ago.
    ///
    /// An event's id begins with the milliseconds at which it was made (UUID version 7), and it was received later: the
    /// primary key narrows the search without an index on `received_at`.
    func purge(_ generation: Generation, now: Timestamp = .now) async {
        let limit = Timestamp(milliseconds: now.milliseconds - Self.inboxDays * 86_400_000)
        let firstKept = withUnsafeBytes(of: limit.milliseconds.bigEndian) { Array($0.dropFirst(2)) }
        let sql = """
            DELETE FROM \(MypageTables(generation).inbox) WHERE id < ? AND received_at < ? ORDER BY id LIMIT ?
            """
        let parameters: [MariaDBValue] = [
            .bytes(firstKept + Array(repeating: 0, count: 10)), .timestamp(limit), .int8(Self.batch),
        ]
        do {
            while !Task.isCancelled {
                let count = try await pool.run { try $0.execute(sql, parameters) }
                if count < Int(Self.batch) { return }
            }
        } catch {
            logger.warning("Purging failed; it is tried again later", metadata: ["error": "\(error)"])
        }
    }
}
