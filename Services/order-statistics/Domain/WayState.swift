import Orders

/// What is known of the lines that came by one way, the list or one partition of the topic.
struct WayState: Sendable, Hashable {
    /// Files beyond this are forgotten, those not heard of for the longest time first.
    static let maxFiles = 2000

    /// Lines of one branch in one generation of a file.
    struct FileKey: Sendable, Hashable {
        let generation: LineID.Generation
        let lane: String
    }

    struct FileState: Sendable, Hashable {
        var seen: OffsetSet
        /// When a line of it came last, in milliseconds since 1970.
        var touched: Int64

        /// Whether the line at `offset` is new; it counts as seen from now on, with all that it answers for.
        mutating func take(_ offset: Int64, _ span: Range<Int64>, _ now: Int64) -> Bool {
            guard !seen.contains(offset) else { return false }
            seen.insert(span)
            touched = now
            return true
        }
    }

    /// Counts commits; who wants to commit has to know the latest.
    var version: Int64 = 0
    /// The next offset of the partition.
    var nextOffset: Int64 = 0
    var windows: TumblingWindows
    var files: [FileKey: FileState] = [:]

    init(windows: TumblingWindows) { self.windows = windows }
}
