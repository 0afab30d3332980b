import CPostgres
import Foundation

extension PostgresConnection {
    /// Listens to a channel: to `NOTIFY` from other processes, and to ``signal(_:)`` in this one.
    ///
    /// - Parameter channel: A plain identifier.
    public func listen(_ channel: String) throws {
        try script("LISTEN \(channel)")
        if let wakeup { signals.listen(channel, connection: id, wakeup: wakeup) }
    }

    /// Tells whoever listens to a channel once the open transaction has committed; at once when there is none.
    ///
    /// A hint, not a promise: it is lost when the process dies between the two, so a listener also looks from time to
    /// time. See ``PostgresSignals`` for why it is no part of the transaction.
    /// - Parameters:
    ///   - channel: A plain identifier.
    ///   - payload: At most 7,999 bytes. ``listen(_:)`` in this process hears only of signals without one; those with
    ///     one are for whoever runs `LISTEN`.
    public func signal(_ channel: String, payload: String = "") {
        pendingSignals.insert(PostgresNotification(channel: channel, payload: payload))
        if !isInTransaction { sendSignals() }
    }

    func sendSignals() {
        let remote = pendingSignals.filter { !$0.payload.isEmpty || !signals.wake($0.channel) }
        pendingSignals = []
        guard !remote.isEmpty else { return }
        let calls = remote.map { "NOTIFY \($0.channel), '\($0.payload.replacing("'", with: "''"))'" }
        // Nothing has to be durable about it: it must not wait for the disk while it holds the server's lock.
        let script = ["BEGIN", "SET LOCAL synchronous_commit TO off"] + calls + ["COMMIT"]
        _ = try? command(script.joined(separator: "; "), .none)
    }

    /// Waits for a `NOTIFY` on a channel that this connection listens to; at once when one has arrived already, also
    /// beside the answer of an earlier statement.
    ///
    /// All that have arrived count as one.
    /// - Parameter wakeup: Ends the wait from another thread; without it, the session's own.
    /// - Returns: False on time-out and when woken, also by ``signal(_:)``.
    /// - Throws: ``PostgresError`` when the connection is lost.
    public func waitForNotification(timeout: Duration, wakeup: PostgresWakeup? = nil) throws -> Bool {
        try !waitForNotifications(timeout: timeout, wakeup: wakeup).isEmpty
    }

    /// Like ``waitForNotification(timeout:wakeup:)``, and tells what was said, in the order of its arrival.
    ///
    /// - Returns: Nothing on time-out and when woken.
    public func waitForNotifications(
        timeout: Duration, wakeup: PostgresWakeup? = nil
    ) throws -> [PostgresNotification] {
        try beginCall()
        let wakeup = wakeup ?? self.wakeup
        let deadline = ContinuousClock.now + timeout
        while true {
            guard handle.receiveWaiting() else { throw lose(.none, handle.message) }
            let notifications = takeNotifications()
            if !notifications.isEmpty { return notifications }
            if let wakeup, wakeup.consume() { return [] }
            var descriptors = [pollfd(fd: handle.socket, events: Int16(POLLIN), revents: 0)]
            if let wakeup { descriptors.append(pollfd(fd: wakeup.readEnd, events: Int16(POLLIN), revents: 0)) }
            guard Poll.wait(descriptors, until: deadline) != nil else { return [] }
        }
    }

    private func takeNotifications() -> [PostgresNotification] {
        var notifications: [PostgresNotification] = []
        while let notification = PQnotifies(handle.pointer) {
            notifications.append(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra)))
            PQfreemem(notification)
        }
        return notifications
    }
}
