import Foundation
import Logging
import Synchronization

/// Listens to channels on a connection and a thread of its own, and connects again by itself.
///
/// Redis forgets who was away: after each `.subscribed` the owner reads the present state, since messages may have been
/// missed before it.
public final class RedisSubscriber: Sendable {
    /// What the owner is told, in order, on the subscriber's thread; it must not block.
    public enum Event: Sendable {
        case subscribed
        case message(channel: String, [UInt8])
        case lost(RedisError)
    }

    // Shared with the thread, which must not keep the subscriber itself alive.
    private final class Flag: Sendable {
        let isClosed = Atomic<Bool>(false)
    }

    private static let silence: Duration = .seconds(5)

    private let flag = Flag()

    /// Starts the thread.
    public init(
        _ configuration: RedisConfiguration, channels: [String], logger: Logger,
        handle: @escaping @Sendable (Event) -> Void
    ) {
        let flag = flag
        let thread = Thread {
            while !flag.isClosed.load(ordering: .relaxed) {
                do throws(RedisError) {
                    try Self.listen(configuration, channels, flag, handle)
                } catch {
                    logger.info("subscription lost", metadata: ["error": "\(error)"])
                    handle(.lost(error))
                }
                if !flag.isClosed.load(ordering: .relaxed) { Thread.sleep(forTimeInterval: 0.25) }
            }
        }
        thread.name = "redis-subscriber"
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { close() }

    /// Ends the thread, within half a second.
    public func close() { flag.isClosed.store(true, ordering: .relaxed) }

    private static func listen(
        _ configuration: RedisConfiguration, _ channels: [String], _ flag: Flag, _ handle: (Event) -> Void
    ) throws(RedisError) {
        let connection = try RedisConnection(configuration)
        try connection.send(RedisCommand(["SUBSCRIBE"] + channels))
        var pending = channels.count
        var heard = ContinuousClock.now
        var hasAsked = false
        while !flag.isClosed.load(ordering: .relaxed) {
            while let value = try connection.arrived() {
                (heard, hasAsked) = (.now, false)
                guard case .array(let parts) = value, let kind = try parts.first?.optionalString() else { continue }
                if kind == "subscribe" {
                    pending -= 1
                    if pending == 0 { handle(.subscribed) }
                } else if kind == "message", parts.count == 3, case .bytes(let bytes) = parts[2] {
                    handle(.message(channel: try parts[1].optionalString() ?? "", bytes))
                }
            }
            if try connection.waitForInput(milliseconds: 500) { continue }
            // A server that vanished without a word would be awaited for ever.
            if hasAsked, heard.duration(to: .now) > silence * 2 {
                throw RedisError(.connection, summary: "Redis has fallen silent")
            }
            if !hasAsked, heard.duration(to: .now) > silence {
                hasAsked = true
                try connection.send(RedisCommand("PING"))
            }
        }
    }
}

extension RedisConnection {
    /// Sends a command without waiting for its answer.
    fileprivate func send(_ command: RedisCommand) throws(RedisError) {
        try handle.append(command)
        try handle.flush()
    }

    fileprivate func arrived() throws(RedisError) -> RedisValue? { try handle.arrivedReply() }

    /// Waits for input and takes it in; `false` when none came.
    fileprivate func waitForInput(milliseconds: Int32) throws(RedisError) -> Bool {
        if handle.hasPendingInput {
            try handle.readSocket()
            return true
        }
        var descriptor = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, milliseconds) > 0 else { return false }
        try handle.readSocket()
        return true
    }
}
