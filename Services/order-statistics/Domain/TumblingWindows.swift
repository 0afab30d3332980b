import Orders

/// Decides which window an order belongs to, when a window closes, and what is too late for it.
///
/// Time goes on in two ways. While orders come, the latest of them tells the time: a backlog is counted as if it had
/// been read when it was written, however late that is. When none are waiting, the clock tells it, so that windows
/// close on time without new data. A closed window is final unless orders come within the grace; they correct it.
struct TumblingWindows: Sendable, Hashable {
    /// Clocks of those who write may go ahead by so much; what lies further in the future is no time.
    static let maxAhead: Int64 = 5 * 60_000

    /// Which window of which branch.
    struct Key: Sendable, Hashable, Comparable {
        let branch: UInt8
        let window: WindowDate

        static func < (left: Key, right: Key) -> Bool { (left.window, left.branch) < (right.window, right.branch) }
    }

    enum Admission: Sendable, Hashable {
        case counts(Key)
        /// The window ended longer than the grace ago.
        case late
        /// The time lies in the future.
        case ahead
    }

    /// Length in seconds.
    let length: Int64
    /// How long after its end a window may be corrected, in milliseconds.
    let grace: Int64
    /// No order before this time is expected any more, in milliseconds since 1970.
    private(set) var watermark: Int64
    /// Windows that have orders and have not ended yet.
    private(set) var open: Set<Key>

    init(length: Int64 = 30, grace: Int64, watermark: Int64 = .min, open: Set<Key> = []) {
        self.length = length
        self.grace = grace
        self.watermark = watermark
        self.open = open
    }

    /// Judges one order by its time.
    ///
    /// - Parameter now: The present time; both in milliseconds since 1970.
    mutating func admit(branch: UInt8, orderedAt: Int64, now: Int64) -> Admission {
        guard orderedAt <= now + Self.maxAhead else { return .ahead }
        let window = WindowDate(containing: orderedAt, length: length)
        let key = Key(branch: branch, window: window)
        let end = end(of: window)
        guard watermark == .min || watermark < end + grace else { return .late }
        if watermark < end { open.insert(key) }
        return .counts(key)
    }

    /// Lets time go on to the latest order's, and returns the windows that have ended.
    mutating func advance(toEvent orderedAt: Int64, now: Int64) -> [Key] { advance(to: min(orderedAt, now)) }

    /// Nothing is waiting: lets time go on to the present, and returns the windows that have ended.
    mutating func advance(toClock now: Int64) -> [Key] { advance(to: now) }

    /// In milliseconds since 1970.
    func end(of window: WindowDate) -> Int64 { (window.seconds + length) * 1000 }

    private mutating func advance(to time: Int64) -> [Key] {
        watermark = max(watermark, time)
        guard !open.isEmpty else { return [] }
        let ended = open.filter { end(of: $0.window) <= watermark }
        open.subtract(ended)
        return ended.sorted()
    }
}
