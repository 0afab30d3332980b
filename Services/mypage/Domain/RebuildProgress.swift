/// How far a rebuild has come: a generation may be shown when it has taken in what the log held when it began.
struct RebuildProgress: Sendable, Hashable {
    /// A partition of a topic.
    struct Place: Sendable, Hashable, Comparable {
        let topic: String
        let partition: Int32
        static func < (left: Place, right: Place) -> Bool {
            (left.topic, left.partition) < (right.topic, right.partition)
        }
    }

    /// What a partition held when the rebuild began.
    struct Extent: Sendable, Hashable {
        let oldest: Int64
        let end: Int64
    }

    private var remaining: [Place: Int64] = [:]
    /// Partitions whose beginning is gone, so that their log does not tell everything.
    let headless: [Place]
    let total: Int64
    private(set) var done: Int64 = 0
    private var positions: [Place: Int64] = [:]

    init(_ extents: [Place: Extent]) {
        for (place, extent) in extents where extent.end > extent.oldest {
            remaining[place] = extent.end
            positions[place] = extent.oldest
        }
        headless = extents.filter { $0.value.oldest > 0 }.keys.sorted()
        total = extents.values.reduce(0) { $0 + max(0, $1.end - $1.oldest) }
    }

    var isCaughtUp: Bool { remaining.isEmpty }

    /// Everything before `offset` has been taken in.
    mutating func advance(_ place: Place, to offset: Int64) {
        guard let end = remaining[place], let position = positions[place], offset > position else { return }
        done += min(offset, end) - position
        positions[place] = min(offset, end)
        if offset >= end { remaining[place] = nil }
    }

    /// There is nothing more to read: what was still missing are markers without a message.
    mutating func finish(_ place: Place) {
        guard let end = remaining[place] else { return }
        advance(place, to: end)
    }
}
