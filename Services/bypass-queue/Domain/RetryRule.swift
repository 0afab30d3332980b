import Contracts
import Foundation
import Resilience

/// What follows from a callback's result: delivered, another attempt, or the end of patience.
struct RetryRule: Sendable {
    enum Verdict: Sendable, Hashable {
        case delivered
        case retry(at: Timestamp, reason: String)
        case giveUp(reason: String)
    }

    var backoff = Backoff(base: .seconds(1), limit: .seconds(60), jitter: 0.5)

    /// - Parameters:
    ///   - attempt: The number of the attempt that had this result, from 1.
    ///   - firstAt: When the first attempt was made; the retry window begins there.
    func verdict(
        _ result: CallbackResult, attempt: Int, firstAt: Timestamp, window: Duration, now: Timestamp
    ) -> Verdict {
        switch result {
        case .answer(let status, _, _) where (200..<300).contains(status):
            return .delivered
        case .answer(let status, _, _) where Self.isFinal(status):
            return .giveUp(reason: "the receiver answered \(status), which is not tried again")
        case .answer(let status, let retryAfter, _):
            let asked = retryAfter.flatMap { Self.moment($0, now: now) }
            return next("the receiver answered \(status)", attempt, firstAt, window, asked, now)
        case .failed(let reason), .notSent(let reason):
            return next(reason, attempt, firstAt, window, nil, now)
        case .refused(let reason):
            return .giveUp(reason: reason)
        }
    }

    /// 4xx say that the request is wrong, but for those that say "later".
    static func isFinal(_ status: Int) -> Bool {
        (400..<500).contains(status) && ![408, 409, 425, 429].contains(status)
    }

    private func next(
        _ reason: String, _ attempt: Int, _ firstAt: Timestamp, _ window: Duration, _ asked: Timestamp?,
        _ now: Timestamp
    ) -> Verdict {
        let end = firstAt.adding(window)
        guard now < end else { return .giveUp(reason: "\(reason); the retry window is over") }
        if let asked, asked > end {
            return .giveUp(reason: "\(reason) and asks to wait until \(asked), after the end of the retry window")
        }
        // The last attempt is made at the window's end, not before it.
        let paused = min(now.adding(backoff.pause(afterAttempt: attempt)), end)
        return .retry(at: max(paused, asked ?? paused), reason: reason)
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Retry-After` as seconds or as an HTTP date (RFC 9110, section 10.2.3); `nil` for anything else.
    static func moment(_ text: String, now: Timestamp) -> Timestamp? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (48...57).contains($0) }),
            let seconds = Int(text)
        {
            return now.adding(.seconds(seconds))
        }
        // Sun, 06 Nov 1994 08:49:37 GMT
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let day = parts[1].count == 1 ? "0\(parts[1])" : String(parts[1])
        return Timestamp("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(day)T\(parts[4])Z")
    }
}

extension Timestamp {
    func adding(_ duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + duration.wholeMilliseconds)
    }

    func duration(to other: Timestamp) -> Duration { .milliseconds(other.milliseconds - milliseconds) }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
