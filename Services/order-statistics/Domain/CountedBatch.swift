import Orders

/// What a batch of lines comes to: the change that is committed as one step.
struct CountedBatch: Sendable {
    var counts: [TumblingWindows.Key: WindowCounts] = [:]
    var setAside: [SetAside] = []
    /// Files whose seen offsets have changed.
    var touched: Set<WayState.FileKey> = []
    /// Files that are forgotten.
    var forgotten: [WayState.FileKey] = []
    /// Windows that have ended.
    var ended: [TumblingWindows.Key] = []
    var counted = 0
    var repeated = 0
    var late = 0

    /// Nothing that the store has to know.
    var isEmpty: Bool {
        counts.isEmpty && setAside.isEmpty && touched.isEmpty && ended.isEmpty && repeated == 0 && late == 0
    }
}
