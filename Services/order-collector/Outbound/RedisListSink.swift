import Orders
import Redis

/// Pushes lines to the right end of a Redis list, one command a batch: either all of it arrives or nothing.
///
/// While the list is longer than ``maxLength`` it delivers nothing: Redis keeps the list in memory.
struct RedisListSink: Sink {
    struct ListFull: Error, CustomStringConvertible {
        let description = "the list in Redis is full: its reader is behind"
    }

    let pool: RedisPool
    let list: String
    let maxLength: Int

    func deliver(_ batch: LineBatch) async throws {
        var push = RedisCommand("RPUSH", list)
        push.reserve(batch.bytes.count + batch.count * 12)
        batch.bytes.withUnsafeBufferPointer { bytes in
            for index in 0..<batch.count { push.append(UnsafeBufferPointer(rebasing: bytes[batch.range(index)])) }
        }
        let (command, list, maxLength) = (push, list, maxLength)
        try await pool.run { connection in
            guard try connection.command("LLEN", list).int() < maxLength else { throw ListFull() }
            try connection.command(command)
        }
    }

    func close() async { await pool.close() }
}

extension RedisListSink {
    struct Settings: SinkSettings {
        static let type = "redis"
        let list: String
        let maxLength: Int

        init(_ section: inout Section) throws(ConfigFault) {
            list = try section.string("list", default: StatisticsKeys.queue)
            maxLength = try section.int("maxLength", default: 1_000_000, in: 1...1_000_000_000)
        }

        func make(_ context: ComponentContext) throws -> any Sink {
            guard let redis = context.redis else { throw MissingSetting("REDIS_URL", context.name) }
            return RedisListSink(
                pool: RedisPool(redis, logger: context.logger), list: list, maxLength: maxLength)
        }
    }
}
