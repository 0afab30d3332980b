import CPostgres
import Foundation

extension PostgresConnection {
    /// Waits for a `NOTIFY` on a channel that this connection listens to; at once when one has arrived already, also
    /// beside the answer of an earlier statement.
    ///
    /// All that have arrived count as one.
    /// - Parameter wakeup: Ends the wait from another thread; without it, the session's own.
    /// - Returns: False on time-out and when woken.
    /// - Throws: ``PostgresError`` when the connection is lost.
    public func waitForNotification(timeout: Duration, wakeup: PostgresWakeup? = nil) throws -> Bool {
        try throwIfLost()
        let wakeup = wakeup ?? self.wakeup
        let deadline = ContinuousClock.now + timeout
        while true {
            guard handle.receiveWaiting() else { throw lose(.none, handle.message) }
            if takeNotifications() { return true }
            if let wakeup, wakeup.consume() { return false }
            var descriptors = [pollfd(fd: handle.socket, events: Int16(POLLIN), revents: 0)]
            if let wakeup { descriptors.append(pollfd(fd: wakeup.readEnd, events: Int16(POLLIN), revents: 0)) }
            guard Poll.wait(descriptors, until: deadline) != nil else { return false }
        }
    }

    private func takeNotifications() -> Bool {
        var isNotified = false
        while let notification = PQnotifies(handle.pointer) {
            PQfreemem(notification)
            isNotified = true
        }
        return isNotified
    }
}
