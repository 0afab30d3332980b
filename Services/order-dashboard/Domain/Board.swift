import Orders

/// The latest windows of every branch, and which of them changed when. Pure.
///
/// A viewer that knows revision n is brought up to date with the windows that changed since: however slow it is, what
/// waits for it is never more than the board itself.
struct Board: Sendable {
    /// Windows kept of each branch; the page shows 20.
    static let windowsPerBranch = 24

    struct Entry: Sendable {
        var window: ChartWindow
        var revision: Int
    }

    /// Grows with every change.
    private(set) var revision = 0
    private var branches: [String: [WindowDate: Entry]] = [:]

    /// Takes a window as a whole; returns by how many orders it has grown, `nil` when nothing has changed.
    @discardableResult
    mutating func apply(_ window: ChartWindow) -> Int? {
        var entries = branches[window.branch] ?? [:]
        let before = entries[window.date]
        guard before?.window.counts != window.counts else { return nil }
        if before == nil, entries.count >= Self.windowsPerBranch, let oldest = entries.keys.min() {
            guard window.date > oldest else { return nil }
            entries[oldest] = nil
        }
        revision += 1
        entries[window.date] = Entry(window: window, revision: revision)
        branches[window.branch] = entries
        return max(window.orders - (before?.window.orders ?? 0), 0)
    }

    /// What changed after `revision`, of one branch or of all, oldest first.
    func changes(since revision: Int, branch: String? = nil) -> [ChartWindow] {
        guard revision < self.revision else { return [] }
        return branches.filter { branch == nil || $0.key == branch }.values
            .flatMap { $0.values.filter { $0.revision > revision } }
            .map(\.window)
            .sorted { ($0.date, $0.branch) < ($1.date, $1.branch) }
    }
}
