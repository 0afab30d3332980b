/// Three values of a kind, where they are: an event's `etc_` fields, which as arrays would be two allocations each event.
struct Triple<Element> {
    var first: Element
    var second: Element
    var third: Element

    init(_ first: Element, _ second: Element, _ third: Element) {
        (self.first, self.second, self.third) = (first, second, third)
    }

    /// The values that a function gives for 0, 1 and 2.
    init<Failure: Error>(_ value: (Int) throws(Failure) -> Element) throws(Failure) {
        self.init(try value(0), try value(1), try value(2))
    }
}

extension Triple: RandomAccessCollection, MutableCollection {
    var startIndex: Int { 0 }
    var endIndex: Int { 3 }

    subscript(position: Int) -> Element {
        get {
            switch position {
            case 0: first
            case 1: second
            case 2: third
            default: preconditionFailure("a triple has no value \(position)")
            }
        }
        set {
            switch position {
            case 0: first = newValue
            case 1: second = newValue
            case 2: third = newValue
            default: preconditionFailure("a triple has no value \(position)")
            }
        }
    }
}

extension Triple: Equatable where Element: Equatable {}
extension Triple: Hashable where Element: Hashable {}
extension Triple: Sendable where Element: Sendable {}
