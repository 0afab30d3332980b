import Foundation
import Synchronization
import TestSupport

/// Clients that post single events without pause and remember which were acknowledged.
final class EventLoad: Sendable {
    private struct State {
        var stored: Set<UUID> = []
        var queued: Set<UUID> = []
        /// Answers that were no acknowledgement, by status; 0 for none at all.
        var others: [Int: Int] = [:]
        var withoutRetryAfter = 0
    }

    let listener: EventListener
    /// Share of the events that are posted with `ack=queued`.
    let queuedShare: Double
    private let state = Mutex(State())
    private let isDone = SharedFlag()

    init(_ listener: EventListener, queuedShare: Double = 0) {
        self.listener = listener
        self.queuedShare = queuedShare
    }

    /// Acknowledged as stored.
    var stored: Set<UUID> { state.withLock { $0.stored } }
    /// Acknowledged as queued.
    var queued: Set<UUID> { state.withLock { $0.queued } }
    var others: [Int: Int] { state.withLock { $0.others } }
    /// Refusals that did not say when to come again.
    var withoutRetryAfter: Int { state.withLock { $0.withoutRetryAfter } }

    func stop() { isDone.set() }

    /// Posts until ``stop()``.
    func run(clients: Int = 16) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask { while !self.isDone.isSet, !Task.isCancelled { await self.post() } }
            }
        }
    }

    private func post() async {
        let uuid = UUID()
        let ack = Double.random(in: 0..<1) < queuedShare ? "queued" : "stored"
        do {
            let answer = try await listener.http.post("\(listener.url)/events?ack=\(ack)", EventListener.event(uuid))
            state.withLock { state in
                switch answer.status {
                case 200: state.stored.insert(uuid)
                case 202: state.queued.insert(uuid)
                default:
                    state.others[answer.status, default: 0] += 1
                    if answer[header: "retry-after"] == nil { state.withoutRetryAfter += 1 }
                }
            }
            if answer.status >= 400 { try await Task.sleep(for: .milliseconds(20)) }
        } catch {
            state.withLock { $0.others[0, default: 0] += 1 }
            try? await Task.sleep(for: .milliseconds(10))
        }
    }
}
