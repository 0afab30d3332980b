import NIOPosix
import Synchronization

/// The event loops of the process. They are never shut down: connections and late answers of a server that has
/// stopped may still come by, and they cost nothing while nothing happens.
enum EventLoops {
    private struct Shape: Hashable {
        let threads: Int
        let processors: ProcessorSet?
    }

    private static let groups = Mutex<[Shape: MultiThreadedEventLoopGroup]>([:])

    /// - Parameter processors: Where they run; `nil` leaves that to the kernel, and so does a kernel that refuses it.
    static func group(threads: Int, on processors: ProcessorSet? = nil) -> MultiThreadedEventLoopGroup {
        groups.withLock { groups in
            let shape = Shape(threads: threads, processors: processors)
            if let group = groups[shape] { return group }
            let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
            if let processors {
                for eventLoop in group.makeIterator() { eventLoop.execute { _ = processors.bindCurrentThread() } }
            }
            groups[shape] = group
            return group
        }
    }
}
