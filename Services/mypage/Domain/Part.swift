/// What a row shows of one entity, with the version that it shows.
struct Part: Sendable, Hashable {
    let id: Int64
    let version: Int64
    let status: String

    /// Whether this replaces `other`: a later entity always, the same one at a later version.
    func isNewer(than other: Part?) -> Bool {
        guard let other else { return true }
        return (id, version) > (other.id, other.version)
    }
}

extension Optional where Wrapped == Part {
    mutating func take(_ part: Part) {
        if part.isNewer(than: self) { self = part }
    }
}
