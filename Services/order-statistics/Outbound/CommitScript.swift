import Redis

extension RedisScript {
    /// Takes a batch's change as one step: counts, totals, what was set aside, what has been seen, and the lines' place
    /// in the list. Answers 0, and changes nothing, when somebody else has committed since the state was read.
    ///
    /// KEYS: position, totals, set aside, list, and from 5 on the hashes and sorted sets that ARGV names by number.
    static let commit = RedisScript(
        """
        local at = 1
        local function take() local value = ARGV[at]; at = at + 1; return value end
        local expected = take()
        if (redis.call('HGET', KEYS[1], 'version') or '0') ~= expected then return 0 end
        local keep = tonumber(take())
        local keptAside = tonumber(take())
        local taken = tonumber(take())
        for i = 1, tonumber(take()) do local field = take(); redis.call('HSET', KEYS[1], field, take()) end
        for i = 1, tonumber(take()) do redis.call('HDEL', KEYS[1], take()) end
        for i = 1, tonumber(take()) do local field = take(); redis.call('HINCRBY', KEYS[2], field, take()) end
        local aside = tonumber(take())
        for i = 1, aside do redis.call('LPUSH', KEYS[3], take()) end
        if aside > 0 then redis.call('LTRIM', KEYS[3], 0, keptAside - 1) end
        for i = 1, tonumber(take()) do
            local key = KEYS[tonumber(take())]
            for j = 1, tonumber(take()) do local field = take(); redis.call('HINCRBY', key, field, take()) end
            redis.call('EXPIRE', key, keep)
        end
        for i = 1, tonumber(take()) do
            local key = KEYS[tonumber(take())]
            local score = take()
            redis.call('ZADD', key, score, take())
            redis.call('ZREMRANGEBYSCORE', key, '-inf', tonumber(score) - keep)
            redis.call('EXPIRE', key, keep)
        end
        if taken > 0 then redis.call('LTRIM', KEYS[4], taken, -1) end
        return 1
        """)
}
