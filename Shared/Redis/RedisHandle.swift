import CHiredis
import Foundation

/// The one owner of a `redisContext`: connects in `init`, disconnects in `deinit`.
///
/// The hiredis of Debian 12 knows no TLS. With `rediss://` it makes the connection and reads the protocol, and the bytes
/// go through a ``TLSStream`` in between.
final class RedisHandle {
    typealias Reply = UnsafeMutablePointer<redisReply>

    private static let readSize = 16 << 10
    /// A larger buffer is given back after it was sent.
    private static let keptOutput = 1 << 20

    private let context: UnsafeMutablePointer<redisContext>
    private var tls: TLSStream?
    /// With TLS: commands that are not sent yet, and why the connection is lost.
    private var output: [UInt8] = []
    private var fault: TLSFault?

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
        guard let encryption = configuration.encryption else { return }
        do {
            tls = try TLSStream(
                encryption, host: configuration.host, descriptor: context.pointee.fd,
                handshake: configuration.connectTimeout, timeout: configuration.commandTimeout)
        } catch {
            throw RedisError(
                error.isAboutTrust ? .untrusted : .connection,
                summary: "no encrypted connection to \(configuration): \(error.reason)")
        }
    }

    deinit {
        // Before its socket is closed.
        tls = nil
        redisFree(context)
    }

    var descriptor: Int32 { context.pointee.fd }
    /// After an error the connection is out of step with the server for good.
    var isBroken: Bool { context.pointee.err != 0 || fault != nil }

    /// Puts a command into the output buffer.
    func append(_ command: RedisCommand) throws(RedisError) {
        let wire = command.wire
        guard tls == nil else {
            output += wire
            return
        }
        let code = wire.withUnsafeBytes {
            redisAppendFormattedCommand(context, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count)
        }
        if code != REDIS_OK { throw lost }
    }

    /// Sends what is in the buffer and waits for the next answer, which `body` reads; it is freed afterwards.
    func nextReply<Value>(_ body: (Reply) throws(RedisError) -> Value) throws(RedisError) -> Value {
        var raw: UnsafeMutableRawPointer?
        if let tls {
            try flush()
            while redisGetReplyFromReader(context, &raw) == REDIS_OK, raw == nil { try feed(tls, waits: true) }
        } else if redisGetReply(context, &raw) != REDIS_OK {
            throw lost
        }
        guard let raw else { throw lost }
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

    /// Takes in what the socket has; without TLS it blocks when that is nothing.
    func readSocket() throws(RedisError) {
        if let tls { return try feed(tls, waits: false) }
        if redisBufferRead(context) != REDIS_OK { throw lost }
    }

    /// Input has come already that a poll of the socket would not tell.
    var hasPendingInput: Bool { tls?.hasPending ?? false }

    /// Gives the protocol's reader what comes through TLS.
    private func feed(_ tls: TLSStream, waits: Bool) throws(RedisError) {
        var answer = REDIS_OK
        let outcome = withUnsafeTemporaryAllocation(byteCount: Self.readSize, alignment: 16) { buffer in
            Result { () throws(TLSFault) in
                let count = try tls.read(into: buffer, waits: waits)
                if count > 0 { answer = redisReaderFeed(context.pointee.reader, buffer.baseAddress, count) }
            }
        }
        if case .failure(let error) = outcome { fault = error }
        if fault != nil || answer != REDIS_OK { throw lost }
    }

    /// Writes the whole output buffer.
    func flush() throws(RedisError) {
        if let tls {
            defer { output.removeAll(keepingCapacity: output.capacity <= Self.keptOutput) }
            let outcome = output.withUnsafeBytes { bytes in Result { () throws(TLSFault) in try tls.write(bytes) } }
            guard case .failure(let error) = outcome else { return }
            fault = error
            throw lost
        }
        var done: Int32 = 0
        while done == 0 {
            if redisBufferWrite(context, &done) != REDIS_OK { throw lost }
        }
    }

    private var lost: RedisError {
        if let fault, fault.isAboutTrust {
            return RedisError(.untrusted, summary: "Redis did not accept our certificate: \(fault.reason)")
        }
        return RedisError(
            .connection, summary: "the connection to Redis was lost", detail: fault?.reason ?? Self.words(context))
    }

    private static func words(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension Duration {
    var timeval: Foundation.timeval {
        Foundation.timeval(
            tv_sec: Int(components.seconds), tv_usec: Int(components.attoseconds / 1_000_000_000_000))
    }
}
