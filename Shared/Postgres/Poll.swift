import Foundation

/// Waiting for sockets with a deadline.
enum Poll {
    /// Waits until a descriptor is ready or `deadline` has passed; signals do not end the wait.
    ///
    /// - Returns: The events of each descriptor, or `nil` when the deadline came first.
    static func wait(_ descriptors: [pollfd], until deadline: ContinuousClock.Instant?) -> [Int16]? {
        var descriptors = descriptors
        while true {
            var timeout: Int32 = -1
            if let deadline {
                let left = (deadline - .now).milliseconds
                timeout = Int32(clamping: left)
            }
            let ready = poll(&descriptors, nfds_t(descriptors.count), timeout)
            if ready > 0 { return descriptors.map(\.revents) }
            if ready == 0, timeout != .max { return nil }
            if ready < 0, errno != EINTR { return descriptors.map { _ in Int16(POLLERR) } }
        }
    }

    /// Waits for one descriptor. False: the deadline came first.
    static func wait(_ descriptor: Int32, for events: Int32, until deadline: ContinuousClock.Instant?) -> Bool {
        wait([pollfd(fd: descriptor, events: Int16(events), revents: 0)], until: deadline) != nil
    }
}
