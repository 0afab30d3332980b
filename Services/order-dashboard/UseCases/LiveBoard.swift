import Contracts
import Foundation
import Orders
import WorkerThreads

/// The board that all viewers look at, with the frames that are sent to them: encoded once, however many look.
final class LiveBoard: Sendable {
    struct State: Sendable {
        var board = Board()
        var rates = RateMeter()
        /// What viewers are told of: it follows the board a few times a second.
        var shown = 0
        var tick = 0
        var frames: [FrameKey: [UInt8]] = [:]
        var tickFrame: [UInt8] = []
        var isConnected = false
    }

    struct FrameKey: Sendable, Hashable {
        let since: Int?
        let branch: String?
    }

    /// What a viewer has to be sent.
    struct Delivery: Sendable {
        var frames: [[UInt8]]
        var revision: Int
        var tick: Int
    }

    /// Distinguishes this process's revisions from another's.
    let epoch = String(UInt32.random(in: .min ... .max), radix: 36)
    private let condition = AsyncCondition(State())

    /// Takes windows; viewers are told at the next ``show()``.
    func apply(_ windows: [ChartWindow], countsAsRate: Bool) {
        guard !windows.isEmpty else { return }
        let second = Timestamp.now.milliseconds / 1000
        condition.change { state in
            for window in windows {
                guard let grown = state.board.apply(window), countsAsRate else { continue }
                state.rates.add(grown, branch: window.branch, second: second)
            }
        }
    }

    func setConnected(_ isConnected: Bool) { condition.change { $0.isConnected = isConnected } }

    /// Tells viewers what has changed since the last time.
    func show() {
        guard condition.read({ $0.shown != $0.board.revision }) else { return }
        condition.update { state in
            state.shown = state.board.revision
            state.frames = [:]
        }
    }

    /// Once a second: the rate, which also shows viewers that the connection lives.
    func tick() {
        let now = Timestamp.now.milliseconds
        condition.update { state in
            state.tick += 1
            let rates = OrderCatalogue.branches.map { "\"\($0)\":\(state.rates.rate($0, second: now / 1000))" }
            state.tickFrame = Array(
                "event: tick\ndata: {\"now\":\(now),\"connected\":\(state.isConnected),\"rates\":{\(rates.joined(separator: ","))}}\n\n"
                    .utf8)
        }
    }

    /// The beginning of a viewer's stream: what it missed if it knows this board, else everything.
    func first(after last: EventID?, branch: String?) -> Delivery {
        condition.change { state in
            let knows = last.flatMap { $0.epoch == epoch && $0.revision <= state.shown ? $0.revision : nil }
            let frame = self.frame(&state, since: knows, branch: branch)
            let start = Array("retry: 1000\n\n".utf8)
            return Delivery(frames: [start, frame, state.tickFrame], revision: state.shown, tick: state.tick)
        }
    }

    /// Waits for something new; `nil` when the task is cancelled.
    func next(after seen: Delivery, branch: String?) async -> Delivery? {
        await condition.wait { state in
            guard state.shown > seen.revision || state.tick > seen.tick else { return nil }
            var frames: [[UInt8]] = []
            if state.shown > seen.revision {
                frames.append(self.frame(&state, since: seen.revision, branch: branch))
            }
            if state.tick > seen.tick { frames.append(state.tickFrame) }
            return Delivery(frames: frames, revision: state.shown, tick: state.tick)
        }
    }

    private func frame(_ state: inout State, since: Int?, branch: String?) -> [UInt8] {
        let key = FrameKey(since: since, branch: branch)
        if let known = state.frames[key] { return known }
        let windows = state.board.changes(since: since ?? 0, branch: branch)
        let frame = ChartJSON.event(
            since == nil ? "snapshot" : "windows", id: EventID(epoch: epoch, revision: state.shown), windows)
        if state.frames.count < 64 { state.frames[key] = frame }
        return frame
    }
}
