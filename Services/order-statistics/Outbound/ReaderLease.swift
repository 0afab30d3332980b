import Orders
import Redis

/// The right to read the list, held by one replica at a time. Its calls block.
///
/// It saves the others' work and nothing more: what keeps a replica whose lease has run out from counting is the version
/// that every commit names.
struct ReaderLease: Sendable {
    /// Stays with this replica across restarts, so that it goes on at once after it was killed.
    let owner: String
    let duration: Duration

    private static let take = RedisScript(
        """
        local owner = redis.call('GET', KEYS[1])
        if owner and owner ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return 1
        """)
    private static let giveBack = RedisScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0")

    /// Takes or renews it; `false` while another replica has it.
    func hold(on connection: RedisConnection) throws -> Bool {
        try connection.eval(Self.take, keys: [StatisticsKeys.lease]) { command in
            command.append(owner)
            command.append(duration.milliseconds)
        }.int() == 1
    }

    func release(on connection: RedisConnection) throws {
        try connection.eval(Self.giveBack, keys: [StatisticsKeys.lease]) { $0.append(owner) }
    }
}
