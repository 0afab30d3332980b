import Orders

/// Says when a changed window is to be published: at once after a quiet time, else in its branch's next turn.
///
/// Several windows of a branch take turns, the latest first, so that a backlog does not hold up the present.
struct PublishPacer: Sendable {
    /// Between two messages of a branch, in milliseconds: at most four a second.
    static let interval: Int64 = 250
    /// Windows of one branch that may wait; beyond, the oldest are left to readers' own look at the store.
    static let maxWaiting = 5000

    private var waiting: [UInt8: Set<WindowDate>] = [:]
    private var published: [UInt8: Int64] = [:]

    /// Notes that a window has changed.
    mutating func changed(_ key: TumblingWindows.Key) {
        waiting[key.branch, default: []].insert(key.window)
        if let all = waiting[key.branch], all.count > Self.maxWaiting, let oldest = all.min() {
            waiting[key.branch]?.remove(oldest)
        }
    }

    /// What is to be published now; it counts as published.
    ///
    /// - Parameter now: In milliseconds of any clock that only goes forward.
    mutating func due(now: Int64) -> [TumblingWindows.Key] {
        var due: [TumblingWindows.Key] = []
        for (branch, windows) in waiting {
            guard now - (published[branch] ?? .min / 2) >= Self.interval, let latest = windows.max() else { continue }
            due.append(TumblingWindows.Key(branch: branch, window: latest))
            published[branch] = now
            if windows.count == 1 { waiting[branch] = nil } else { waiting[branch]?.remove(latest) }
        }
        return due.sorted()
    }
}
