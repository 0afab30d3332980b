/// The last `size` calls, in a ring.
struct CountWindow: Sendable {
    private(set) var counts = WindowCounts()
    private var marks: [CallMark] = []
    private var next = 0
    private let size: Int

    init(size: Int) {
        self.size = size
        marks.reserveCapacity(size)
    }

    mutating func record(_ mark: CallMark) {
        if marks.count < size {
            marks.append(mark)
        } else {
            counts.remove(marks[next])
            marks[next] = mark
        }
        counts.add(mark)
        next = next + 1 == size ? 0 : next + 1
    }

    mutating func removeAll() {
        marks.removeAll(keepingCapacity: true)
        next = 0
        counts = WindowCounts()
    }
}
