import Orders

/// What the collector remembers of one generation of a file.
struct FileRecord: Sendable, Hashable {
    let generation: LineID.Generation
    var identity: FileIdentity
    /// Everything before this offset is safe.
    var position: Int64 = 0
    /// When the lines behind ``position`` were first seen, ascending by offset.
    var marks: [Mark] = []
    /// The file has been read to its end and left.
    var isFinished = false

    /// A piece of the file that was read at once.
    struct Mark: Sendable, Hashable {
        let start: Int64
        let end: Int64
        let milliseconds: Int64
    }

    /// When the line at `offset` was first seen; `nil` when it is new.
    func seenAt(_ offset: Int64) -> Int64? {
        marks.first { $0.start <= offset && offset < $0.end }?.milliseconds
    }

    /// Up to here the file had been read, whether it was safe or not.
    var readTo: Int64 { max(position, marks.last?.end ?? 0) }

    /// Forgets marks that nothing will ask for again.
    mutating func trim() { marks.removeAll { $0.end <= position } }
}
