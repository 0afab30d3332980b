import Synchronization

/// A number that the tasks of a test count up together.
public final class SharedCounter: Sendable {
    private let count = Atomic<Int>(0)

    public init() {}

    public var value: Int { count.load(ordering: .relaxed) }

    /// Counts up by one and returns the new value.
    @discardableResult
    public func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
}

/// Something that one task of a test tells the others once.
public final class SharedFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    public var isSet: Bool { flag.load(ordering: .relaxed) }
    public func set() { flag.store(true, ordering: .relaxed) }
}
