/// The id of a Server-Sent Event: which process's board, and which revision of it.
struct EventID: Sendable, Hashable, CustomStringConvertible {
    let epoch: String
    let revision: Int

    init(epoch: String, revision: Int) {
        self.epoch = epoch
        self.revision = revision
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let revision = Int(parts[1]), revision >= 0 else { return nil }
        self.init(epoch: String(parts[0]), revision: revision)
    }

    var description: String { "\(epoch)-\(revision)" }
}
