/// The calls of the last `span`, in twenty slices: bounded whatever the traffic, and forgotten a slice at a time.
///
/// It reaches back from the present by at most `span` and at least nineteen twentieths of it.
struct TimeWindow: Sendable {
    static let sliceCount = 20

    private var counts = WindowCounts()
    private var slices = [WindowCounts](repeating: WindowCounts(), count: sliceCount)
    /// The number of the youngest slice; slice `n` stands at `n % sliceCount`.
    private var head = 0
    private let origin: ContinuousClock.Instant
    /// Nanoseconds.
    private let width: Int64

    init(span: Duration, now: ContinuousClock.Instant) {
        origin = now
        width = max(1, span.nanoseconds / Int64(Self.sliceCount))
    }

    mutating func record(_ mark: CallMark, now: ContinuousClock.Instant) {
        advance(to: now)
        slices[head % Self.sliceCount].add(mark)
        counts.add(mark)
    }

    mutating func counts(now: ContinuousClock.Instant) -> WindowCounts {
        advance(to: now)
        return counts
    }

    mutating func removeAll() {
        counts = WindowCounts()
        for index in slices.indices { slices[index] = WindowCounts() }
    }

    /// Two threads may come with their times in the other order: the earlier one counts for the youngest slice.
    private mutating func advance(to now: ContinuousClock.Instant) {
        let number = Int(origin.duration(to: now).nanoseconds / width)
        guard number > head else { return }
        for stale in (head + 1)...min(number, head + Self.sliceCount) {
            counts.remove(slices[stale % Self.sliceCount])
            slices[stale % Self.sliceCount] = WindowCounts()
        }
        head = number
    }
}

extension Duration {
    /// Whole nanoseconds; good for 292 years.
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
