import TestSupport
import Testing

/// Clients of gift who exchange one reward each second, all at the same time, and measure how long the answers take.
struct GiftClients {
    private static let pause: Duration = .seconds(1)
    private static let controls = 50
    /// They must fit into the open time: a probe of a telegram that hangs takes as long as the deadline.
    private static let maxRounds = 3

    let suite: GameSuite
    let rewards: [Int64]
    let count: Int
    private let next = SharedCounter()

    init(suite: GameSuite, rewards: [Int64], count: Int) {
        self.suite = suite
        self.rewards = rewards
        self.count = count
    }

    var exchanged: Int { next.value }

    /// Expects that the breaker opens while the trouble lasts, that 99 of 100 answers take less than 1.2 s until then and
    /// less than 50 ms afterwards, and that none fails.
    ///
    /// What else the machine does comes and goes, and gift's own slowness would stay: of a few rounds the best one
    /// counts. And the bounds hold beyond what the machine itself takes: twice the time of the slowest plain write of the
    /// service mission in the same second, as an exchange writes about twice as much.
    func expectPatience(via gift: Replica, while trouble: String) async throws {
        var learning: [Round] = []
        let deadline = ContinuousClock.now + .seconds(10)
        while try await suite.breaker(of: gift).state != "Open", ContinuousClock.now < deadline {
            learning.append(try await round(via: gift))
        }
        #expect(try await suite.breaker(of: gift).state == "Open", "while \(trouble)")
        var open: [Round] = []
        repeat {
            open.append(try await round(via: gift))
        } while open.count < 2
            || (open.count < Self.maxRounds && !open.contains { $0.p99 < $0.limit(.milliseconds(50)) })
        #expect(
            learning.allSatisfy { $0.p99 < $0.limit(.milliseconds(1_200)) }, "learning, while \(trouble): \(learning)")
        #expect(open.contains { $0.p99 < $0.limit(.milliseconds(50)) }, "open, while \(trouble): \(open)")
        print("while \(trouble): learning \(learning), open \(open)")
    }

    /// How long the answers of a second took, and the slowest of the writes beside them that have no breaker.
    struct Round: CustomStringConvertible {
        let p99: Duration
        let control: Duration

        /// The bound on this machine at this moment.
        func limit(_ bound: Duration) -> Duration { bound + control * 2 }

        var description: String {
            "p99 \(p99.formatted(.units(allowed: [.milliseconds]))) beside \(control.formatted(.units(allowed: [.milliseconds])))"
        }
    }

    /// Expects that the breaker closes by itself, and that customers are told at once again.
    func expectRecovery(of gift: Replica) async throws {
        // Not often: each time takes rewards.
        let isClosed = try await eventually(within: .seconds(40), every: .milliseconds(800)) {
            for _ in 0..<5 { _ = try await exchange(via: gift) }
            return try await suite.breaker(of: gift).state == "Closed"
        }
        #expect(isClosed, "the breaker stays open although telegram is back")
        // One call may be too late on a busy machine, but not one after the other.
        let isTold = try await eventually(within: .seconds(20), every: .milliseconds(500)) {
            ["Sent", "Queued"].contains(try await exchange(via: gift).notification)
        }
        #expect(isTold)
    }

    /// All clients once, spread over the pause.
    private func round(via gift: Replica) async throws -> Round {
        let begin = ContinuousClock.now
        let step: Duration = Self.pause / Self.controls
        async let control = concurrently(Self.controls, atMost: Self.controls) { [suite] index -> Duration in
            try await Task.sleep(until: begin + step * index)
            let start = ContinuousClock.now
            let answer = try await suite.http.post("\(suite["mission"].url)/missions", #"{"customerId": 1}"#)
            guard answer.status == 201 else { throw TestFailure("POST /missions: \(answer.status)") }
            return start.duration(to: .now)
        }
        let times = try await concurrently(count, atMost: count) { index in
            try await Task.sleep(until: begin + Self.pause * index / count)
            let start = ContinuousClock.now
            _ = try await exchange(via: gift)
            return start.duration(to: .now)
        }
        let slowest = try await control.max() ?? .zero
        try await Task.sleep(until: begin + Self.pause)
        return Round(p99: times.percentile(99), control: slowest)
    }

    private func exchange(via gift: Replica) async throws -> GiftView {
        let index = next.increment() - 1
        guard index < rewards.count else { throw TestFailure("there are no rewards left") }
        let answer = try await suite.exchange(rewards[index], via: gift)
        #expect(answer.status == 201, "a request failed because of telegram: \(answer.text)")
        return try answer.decode()
    }
}

extension [Duration] {
    func percentile(_ percent: Int) -> Duration {
        isEmpty ? .zero : sorted()[(count * percent + 99) / 100 - 1]
    }
}
