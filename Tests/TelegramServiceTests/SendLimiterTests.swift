import Contracts
import Testing

@testable import TelegramService

struct SendLimiterTests {
    private let start = Timestamp(milliseconds: 1_800_000_000_000)
    private func after(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: start.milliseconds + milliseconds)
    }

    /// Takes as much as it can get for a while; returns when.
    private func greedy(rate: Double, milliseconds: Int64) -> [Int64] {
        var limiter = SendLimiter(refilledAt: start)
        var taken: [Int64] = []
        for moment in 0..<milliseconds {
            let count = limiter.take(upTo: 1000, rate: rate, now: after(moment))
            taken += Array(repeating: moment, count: count)
        }
        return taken
    }

    @Test(arguments: [1.0, 2.5, 10, 30, 100, 1000])
    func `no second sees more than the rate, and nearly the rate gets through`(rate: Double) {
        let taken = greedy(rate: rate, milliseconds: 10_000)
        var first = 0
        for (index, moment) in taken.enumerated() {
            while taken[first] <= moment - 1000 { first += 1 }
            #expect(Double(index - first + 1) <= rate.rounded(.up))
        }
        #expect(Double(taken.count) >= rate * 10 * 0.88 - 1)
    }

    @Test func `it tells when there will be room`() {
        var limiter = SendLimiter(tokens: 1, refilledAt: start)
        #expect(limiter.opening(rate: 10, now: start) == nil)
        let result1 = limiter.take(upTo: 5, rate: 10, now: start)
        #expect(result1 == 1)
        #expect(limiter.opening(rate: 10, now: start) == after(100))
        let result2 = limiter.take(upTo: 5, rate: 10, now: after(99))
        #expect(result2 == 0)
        #expect(limiter.opening(rate: 10, now: after(100)) == nil)
    }

    @Test func `a clock that goes backwards gives nothing away`() {
        var limiter = SendLimiter(tokens: 0, refilledAt: start)
        let result3 = limiter.take(upTo: 5, rate: 10, now: after(-5000))
        #expect(result3 == 0)
        let result4 = limiter.take(upTo: 5, rate: 10, now: after(150))
        #expect(result4 == 1)
    }

    @Test func `429 for one chat, however often, concerns that chat`() {
        var limiter = SendLimiter(tokens: 5, refilledAt: start)
        for moment in 0..<10 {
            let result5 = limiter.refused(chat: 7, retryAfter: .seconds(60), now: after(Int64(moment)))
            #expect(!result5)
        }
        #expect(limiter.room(rate: 30, now: after(100)) > 0)
    }

    @Test func `429 for three chats in a row stops all for the time that was asked`() {
        var limiter = SendLimiter(tokens: 5, refilledAt: start)
        let scopes = (1...3).map { limiter.refused(chat: $0, retryAfter: .seconds(7), now: after($0 * 100)) }
        #expect(scopes == [false, false, true])
        #expect(limiter.opening(rate: 30, now: after(400)) == after(7300))
        let result6 = limiter.take(upTo: 1, rate: 30, now: after(7299))
        #expect(result6 == 0)
        let result7 = limiter.take(upTo: 1, rate: 30, now: after(7300))
        #expect(result7 == 1)
    }

    @Test func `429 that are far apart, or have a success between, have nothing to do with each other`() {
        var limiter = SendLimiter(refilledAt: start)
        let scopes = (1...6).map { limiter.refused(chat: $0, retryAfter: .seconds(7), now: after($0 * 2500)) }
        #expect(!scopes.contains(true))
        limiter.suspects = []
        let result8 = limiter.refused(chat: 9, retryAfter: .seconds(7), now: after(16_000))
        #expect(!result8)
    }

    @Test func `when the Bot API is away one probe at a time asks, less and less often`() {
        var limiter = SendLimiter(tokens: 5, refilledAt: start)
        limiter.stop("away", now: start)
        limiter.stop("still away", now: after(5))
        #expect(limiter.room(rate: 30, now: after(10)) == 0)
        let result9 = limiter.beginProbe(timeout: .seconds(10), now: after(10))
        #expect(result9)
        let result10 = limiter.beginProbe(timeout: .seconds(10), now: after(11))
        #expect(!result10)
        var pauses: [Int64] = []
        for _ in 1...7 {
            limiter.endProbe("away", now: start)
            pauses.append((limiter.probeAt ?? start).milliseconds - start.milliseconds)
        }
        #expect(pauses == [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
        limiter.endProbe(nil, now: after(50))
        #expect(limiter.probeAt == nil && limiter.trouble == nil && limiter.probeFailures == 0)
        #expect(limiter.room(rate: 30, now: after(60)) > 0)
    }

    @Test func `a probe whose prober died is taken over`() {
        var limiter = SendLimiter(refilledAt: start)
        limiter.stop("away", now: start)
        let result11 = limiter.beginProbe(timeout: .seconds(10), now: start)
        #expect(result11)
        let result12 = limiter.beginProbe(timeout: .seconds(10), now: after(10_000))
        #expect(result12)
    }

    @Test func `groups wait longer than people`() {
        let limits = BotLimits()
        #expect(limits.interval(chat: 5) == .seconds(1))
        #expect(limits.interval(chat: -5) == .seconds(3))
    }
}
