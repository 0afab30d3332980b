import CHiredis

/// One connection; it belongs to one thread, and its calls block.
///
/// - Errors: ``RedisError``. After `.connection` it is dead, and what was sent last may have been done.
public final class RedisConnection {
    let handle: RedisHandle
    private var digests: [RedisScript: String] = [:]

    /// Connects, authenticates, chooses the database.
    public init(_ configuration: RedisConfiguration) throws(RedisError) {
        handle = try RedisHandle(configuration)
        if let password = configuration.password {
            var login = RedisCommand("AUTH")
            if let user = configuration.user { login.append(user) }
            login.append(password)
            try command(login)
        }
        try command(RedisCommand("CLIENT", "SETNAME", configuration.clientName))
        if configuration.database != 0 { try command(RedisCommand("SELECT", String(configuration.database))) }
    }

    public var isAlive: Bool { !handle.isBroken }

    /// Sends one command and waits for its answer.
    @discardableResult
    public func command(_ command: RedisCommand) throws(RedisError) -> RedisValue {
        try handle.append(command)
        return try handle.nextReply { reply in RedisValue(copying: reply) }.checked()
    }

    @discardableResult
    public func command(_ arguments: String...) throws(RedisError) -> RedisValue {
        try command(RedisCommand(arguments))
    }

    /// Sends all commands at once and waits for all answers, in their order; an error of the server is an answer.
    public func pipeline(_ commands: [RedisCommand]) throws(RedisError) -> [RedisValue] {
        for command in commands { try handle.append(command) }
        var values: [RedisValue] = []
        values.reserveCapacity(commands.count)
        for _ in commands { values.append(try handle.nextReply { reply in RedisValue(copying: reply) }) }
        return values
    }

    /// Sends a command whose answer is a list of strings, packed into one buffer.
    public func strings(_ command: RedisCommand) throws(RedisError) -> PackedStrings {
        try handle.append(command)
        return try handle.nextReply { (reply: RedisHandle.Reply) throws(RedisError) in
            try RedisValue.packed(reply)
        }
    }

    /// Runs a script as one step on the server.
    @discardableResult
    public func eval(
        _ script: RedisScript, keys: [String], _ appendArguments: (inout RedisCommand) -> Void = { _ in }
    ) throws(RedisError) -> RedisValue {
        let digest: String
        if let known = digests[script] {
            digest = known
        } else {
            digest = try command(RedisCommand("SCRIPT", "LOAD", script.text)).optionalString() ?? ""
            digests[script] = digest
        }
        do {
            return try command(Self.call("EVALSHA", digest, keys, appendArguments))
        } catch  where error.prefix == "NOSCRIPT" {
            return try command(Self.call("EVAL", script.text, keys, appendArguments))
        }
    }

    private static func call(
        _ verb: String, _ script: String, _ keys: [String], _ appendArguments: (inout RedisCommand) -> Void
    ) -> RedisCommand {
        var command = RedisCommand(verb, script)
        command.append(keys.count)
        for key in keys { command.append(key) }
        appendArguments(&command)
        return command
    }
}

extension RedisValue {
    fileprivate static func packed(_ reply: RedisHandle.Reply) throws(RedisError) -> PackedStrings {
        guard reply.pointee.type == REDIS_REPLY_ARRAY else {
            try RedisValue(copying: reply).checked()
            throw .decoding("Redis answered a single value where a list was expected")
        }
        var strings = PackedStrings()
        let count = reply.pointee.elements
        var size = 0
        for index in 0..<count { size += reply.pointee.element[index]?.pointee.len ?? 0 }
        strings.reserve(count: count, bytes: size)
        for index in 0..<count {
            guard let element = reply.pointee.element[index], element.pointee.type == REDIS_REPLY_STRING else {
                throw .decoding("Redis answered a list that holds something else than texts")
            }
            UnsafeBufferPointer(start: element.pointee.str, count: element.pointee.len)
                .withMemoryRebound(to: UInt8.self) { strings.append($0) }
        }
        return strings
    }
}
