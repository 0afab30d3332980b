import CHiredis
import Foundation

/// The one owner of a `redisContext`: connects in `init`, disconnects in `deinit`.
final class RedisHandle {
    typealias Reply = UnsafeMutablePointer<redisReply>

    private let context: UnsafeMutablePointer<redisContext>

    init(_ configuration: RedisConfiguration) throws(RedisError) {
        guard
            let context = redisConnectWithTimeout(
                configuration.host, Int32(configuration.port), configuration.connectTimeout.timeval)
        else { throw RedisError(.connection, summary: "cannot connect to Redis: out of memory") }
        self.context = context
        guard context.pointee.err == 0 else {
            throw RedisError(
                .connection, summary: "cannot connect to \(configuration)", detail: Self.words(context))
        }
        redisSetTimeout(context, configuration.commandTimeout.timeval)
        redisEnableKeepAlive(context)
    }

    deinit { redisFree(context) }

    var descriptor: Int32 { context.pointee.fd }
    /// After an error the connection is out of step with the server for good.
    var isBroken: Bool { context.pointee.err != 0 }

    /// Puts a command into the output buffer.
    func append(_ command: RedisCommand) throws(RedisError) {
        let wire = command.wire
        let code = wire.withUnsafeBytes {
            redisAppendFormattedCommand(context, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        if code != REDIS_OK { throw lost }
    }

    /// Sends what is in the buffer and waits for the next answer, which `body` reads; it is freed afterwards.
    func nextReply<Value>(_ body: (Reply) throws(RedisError) -> Value) throws(RedisError) -> Value {
        var raw: UnsafeMutableRawPointer?
        guard redisGetReply(context, &raw) == REDIS_OK, let raw else { throw lost }
        defer { freeReplyObject(raw) }
        return try body(raw.assumingMemoryBound(to: redisReply.self))
    }

    /// An answer that has arrived already, or `nil`.
    func arrivedReply() throws(RedisError) -> RedisValue? {
        var raw: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &raw) == REDIS_OK else { throw lost }
        guard let raw else { return nil }
        defer { freeReplyObject(raw) }
        return RedisValue(copying: raw.assumingMemoryBound(to: redisReply.self))
    }

    /// Takes in what the socket has; blocks when it has nothing.
    func readSocket() throws(RedisError) {
        if redisBufferRead(context) != REDIS_OK { throw lost }
    }

    /// Writes the whole output buffer.
    func flush() throws(RedisError) {
        var done: Int32 = 0
        while done == 0 {
            if redisBufferWrite(context, &done) != REDIS_OK { throw lost }
        }
    }

    private var lost: RedisError {
        RedisError(.connection, summary: "the connection to Redis was lost", detail: Self.words(context))
    }

    private static func words(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension RedisValue {
    init(copying reply: RedisHandle.Reply) {
        let text = UnsafeBufferPointer(
            start: reply.pointee.str, count: reply.pointee.str == nil ? 0 : reply.pointee.len)
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING: self = .bytes(text.withMemoryRebound(to: UInt8.self) { Array($0) })
        case REDIS_REPLY_STATUS:
            self = .status(text.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) })
        case REDIS_REPLY_ERROR:
            self = .error(
                RedisError(reply: text.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }))
        case REDIS_REPLY_ARRAY:
            var values: [RedisValue] = []
            values.reserveCapacity(reply.pointee.elements)
            for index in 0..<reply.pointee.elements {
                values.append(reply.pointee.element[index].map { RedisValue(copying: $0) } ?? .null)
            }
            self = .array(values)
        default: self = .null
        }
    }
}

extension Duration {
    var timeval: Foundation.timeval {
        Foundation.timeval(
            tv_sec: Int(components.seconds), tv_usec: Int(components.attoseconds / 1_000_000_000_000))
    }
}
