/// Three values of a kind, where they are: an event's `etc_` fields, which as arrays would be two allocations each event.
struct Triple<Element> {
    var one: Element
    var two: Element
    var three: Element

    init(_ one: Element, _ two: Element, _ three: Element) { (self.one, self.two, self.three) = (one, two, three) }

    /// The values that a function gives for 0, 1 and 2.
    init<Failure: Error>(_ value: (Int) throws(Failure) -> Element) throws(Failure) {
        self.init(try value(0), try value(1), try value(2))
    }
}

extension Triple: RandomAccessCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { 3 }

    subscript(position: Int) -> Element {
        switch position {
        case 0: one
        case 1: two
        case 2: three
        default: preconditionFailure("a triple has no value \(position)")
        }
    }
}

extension Triple: Equatable where Element: Equatable {}
extension Triple: Hashable where Element: Hashable {}
extension Triple: Sendable where Element: Sendable {}
