import Contracts
import Resilience
import Testing

@testable import BypassQueueService

@Suite struct RetryRuleTests {
    private let rule = RetryRule(backoff: Backoff(base: .seconds(1), limit: .seconds(8), jitter: 0))
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func verdict(
        _ result: CallbackResult, attempt: Int = 1, after: Duration = .zero, window: Duration = .seconds(60)
    ) -> RetryRule.Verdict {
        rule.verdict(result, attempt: attempt, firstAt: start, window: window, now: start.adding(after))
    }

    private func pause(_ verdict: RetryRule.Verdict, since moment: Timestamp) -> Duration? {
        if case .retry(let at, _) = verdict { moment.duration(to: at) } else { nil }
    }

    @Test func `only 2xx is a success`() {
        for status in [200, 201, 204, 299] {
            #expect(verdict(.answer(status: status, retryAfter: nil, start: [])) == .delivered)
        }
        for status in [100, 304, 199, 500] {
            #expect(pause(verdict(.answer(status: status, retryAfter: nil, start: [])), since: start) != nil)
        }
    }

    @Test func `pauses double up to their limit`() {
        let pauses = (1...6).map { pause(verdict(.failed(reason: "x"), attempt: $0), since: start) }
        #expect(pauses == [1, 2, 4, 8, 8, 8].map { .seconds($0) })
    }

    @Test func `Retry-After lengthens a pause and never shortens it`() {
        func after(_ header: String, attempt: Int = 1) -> Duration? {
            pause(verdict(.answer(status: 503, retryAfter: header, start: []), attempt: attempt), since: start)
        }
        #expect(after("30") == .seconds(30))
        #expect(after("0", attempt: 3) == .seconds(4))
        #expect(after("soon") == .seconds(1))
        #expect(after("-5") == .seconds(1))
        #expect(after("Tue, 14 Nov 2023 22:13:50 GMT") == .seconds(30))
        #expect(after("Tue, 14 Nov 2023 22:13:00 GMT") == .seconds(1))
    }

    @Test func `the last attempt is made at the end of the window, not before`() {
        let late = verdict(.failed(reason: "x"), attempt: 9, after: .seconds(55))
        #expect(pause(late, since: start) == .seconds(60))
        guard case .giveUp = verdict(.failed(reason: "x"), attempt: 10, after: .seconds(60)) else {
            Issue.record("the window is over")
            return
        }
        guard case .giveUp = verdict(.answer(status: 503, retryAfter: "61", start: [])) else {
            Issue.record("a receiver that asks for more than the window is given up")
            return
        }
    }

    @Test func `what is not permitted is not tried again`() {
        #expect(verdict(.refused(reason: "no")) == .giveUp(reason: "no"))
    }
}
