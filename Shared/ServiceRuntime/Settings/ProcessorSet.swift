import CScheduler

/// Processors of this machine, written as Linux writes them: `0`, `0-3`, `0,2-5`.
public struct ProcessorSet: Sendable, Hashable, CustomStringConvertible {
    /// Room for 8,192 processors, the most that Linux can be built for.
    private static let maskBytes = 1024

    /// Numbers from 0.
    public let processors: Set<Int>

    /// - Parameter text: Numbers and ranges, separated by commas.
    /// - Throws: ``InvalidValue`` for anything else, and for processors that `allowed` does not have.
    public init(_ text: String, allowed: ProcessorSet = .ofCurrentThread) throws {
        var processors: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = item.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends[0], let last = ends[ends.count - 1], first >= 0, first <= last else {
                throw InvalidValue("must be numbers of processors and ranges of them, such as 0,2-3")
            }
            guard allowed.processors.contains(last), (first...last).allSatisfy(allowed.processors.contains) else {
                throw InvalidValue("names processors that this process may not use: it has \(allowed)")
            }
            processors.formUnion(first...last)
        }
        self.processors = processors
    }

    init(_ processors: Set<Int>) { self.processors = processors }

    /// Those that the kernel lets the calling thread use: its container's, and what `taskset` left.
    public static var ofCurrentThread: ProcessorSet {
        var mask = [UInt8](repeating: 0, count: maskBytes)
        guard sched_getaffinity(0, UInt(maskBytes), &mask) == 0 else { return ProcessorSet([]) }
        return ProcessorSet(Set((0..<maskBytes * 8).filter { mask[$0 / 8] & 1 << ($0 % 8) != 0 }))
    }

    /// Has the calling thread run on these only, and threads that it starts from now on too.
    ///
    /// - Returns: Whether the kernel has taken it.
    func bindCurrentThread() -> Bool {
        var mask = [UInt8](repeating: 0, count: Self.maskBytes)
        for processor in processors { mask[processor / 8] |= 1 << (processor % 8) }
        return sched_setaffinity(0, UInt(Self.maskBytes), mask) == 0
    }

    public var description: String {
        var ranges: [ClosedRange<Int>] = []
        for processor in processors.sorted() {
            if let last = ranges.last, last.upperBound + 1 == processor {
                ranges[ranges.count - 1] = last.lowerBound...processor
            } else {
                ranges.append(processor...processor)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
