/// The calls that a closed breaker judges: the last ones, or those of the last time.
///
/// One of the two is there. An enum would copy the ring with every change.
struct CallWindow: Sendable {
    private var ring: CountWindow?
    private var slices: TimeWindow?

    init(_ window: CircuitBreakerConfiguration.Window, now: ContinuousClock.Instant) {
        switch window {
        case .calls(let count): ring = CountWindow(size: count)
        case .time(let span): slices = TimeWindow(span: span, now: now)
        }
    }

    mutating func record(_ mark: CallMark, now: ContinuousClock.Instant) {
        ring?.record(mark)
        slices?.record(mark, now: now)
    }

    mutating func counts(now: ContinuousClock.Instant) -> WindowCounts {
        ring?.counts ?? slices?.counts(now: now) ?? WindowCounts()
    }

    mutating func removeAll() {
        ring?.removeAll()
        slices?.removeAll()
    }
}
