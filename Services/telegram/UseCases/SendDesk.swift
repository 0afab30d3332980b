import Contracts
import Foundation
import Synchronization

/// Where requests, events and the dispatcher of one process meet: how many may send at once, what was claimed for
/// sending at once, and the bell that wakes the dispatcher.
final class SendDesk: Sendable {
    struct Handed {
        let claim: Claim
        let answer: CheckedContinuation<Message?, Never>
    }

    private struct State {
        var free: Int
        var isOpen = true
        var handed: [Handed] = []
        var held: Set<UUID> = []
        var isRung = false
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>
    private let capacity: Int

    /// - Parameter capacity: How many requests to the Bot API may be under way at once.
    init(capacity: Int) {
        self.capacity = capacity
        state = Mutex(State(free: capacity))
    }

    /// Takes up to `count` of the free places; none after ``close()``.
    func reserve(upTo count: Int) -> Int {
        state.withLock { state in
            guard state.isOpen else { return 0 }
            let taken = min(count, state.free)
            state.free -= taken
            return taken
        }
    }

    /// Gives back places that the dispatcher itself had taken.
    func giveBack(_ count: Int) { state.withLock { $0.free += count } }

    /// Gives places back, and wakes the dispatcher.
    func release(_ count: Int) {
        guard count > 0 else { return }
        state.withLock { $0.free += count }
        ring()
    }

    var free: Int { state.withLock { $0.isOpen ? $0.free : 0 } }

    /// Nobody sends and nobody holds a place.
    var isIdle: Bool { state.withLock { $0.free == capacity && $0.handed.isEmpty } }

    /// Gives a claim, with the place reserved for it, to the dispatcher and waits for the message's outcome; `nil` when
    /// that could not be written down. Cancellation of the caller changes nothing: the request is the dispatcher's.
    func deliver(_ claim: Claim) async -> Message? {
        await withCheckedContinuation { answer in
            state.withLock { $0.handed.append(Handed(claim: claim, answer: answer)) }
            ring()
        }
    }

    func takeHanded() -> [Handed] {
        state.withLock { state in
            defer { state.handed = [] }
            return state.handed
        }
    }

    /// Claims whose requests are under way in this process.
    var held: [UUID] { state.withLock { Array($0.held) } }
    func hold(_ claim: Claim) { state.withLock { _ = $0.held.insert(claim.token) } }
    func drop(_ claim: Claim) { state.withLock { _ = $0.held.remove(claim.token) } }

    /// No more places are given.
    func close() {
        state.withLock { $0.isOpen = false }
        ring()
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// There may be something to do.
    func ring() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            if state.sleeper == nil { state.isRung = true }
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Returns when the bell rings, or has rung since the last call, or after `time`. One caller at a time.
    func sleep(atMost time: Duration) async {
        await withTaskGroup { group in
            group.addTask { [self] in await waitForBell() }
            group.addTask { try? await Task.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitForBell() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRung = state.withLock { state in
                    defer { state.isRung = false }
                    if !state.isRung, !Task.isCancelled { state.sleeper = continuation }
                    return state.isRung || Task.isCancelled
                }
                if isRung { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                defer { state.sleeper = nil }
                return state.sleeper
            }?.resume()
        }
    }
}
