import Resilience

/// When to try again what may go wrong again: at once after a quiet time, and later each time that it does not last.
struct RetryPace: Sendable {
    let backoff: Backoff
    private var attempts = 0
    private var next: ContinuousClock.Instant?

    init(backoff: Backoff) { self.backoff = backoff }

    func isDue(_ now: ContinuousClock.Instant) -> Bool { next.map { $0 <= now } ?? true }

    /// It is tried now.
    mutating func tried(_ now: ContinuousClock.Instant) {
        // What has gone well for longer than the longest pause has nothing to do with what was before.
        if let next, next.duration(to: now) > backoff.limit { attempts = 0 }
        attempts += 1
        next = now + backoff.pause(afterAttempt: attempts)
    }
}
