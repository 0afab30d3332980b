import Foundation
import Synchronization

/// Notes that SIGTERM or SIGINT came, so that the process ends behind a whole line.
struct StopSignal {
    private static let received = Atomic<Bool>(false)

    init() {
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in StopSignal.received.store(true, ordering: .relaxed) }
        }
    }

    var isReceived: Bool { Self.received.load(ordering: .relaxed) }
}
