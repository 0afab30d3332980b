/// The names of an object's fields, looked up by their bytes, see ``JSONReader/name(among:)``.
public struct JSONNames: Sendable {
    /// All names, one behind the other, and where each begins and the last ends: an array for each would be a reference to
    /// count in every look.
    private let text: [UInt8]
    private let bounds: [Int]

    public init(_ names: [String]) {
        text = names.flatMap { $0.utf8 }
        bounds = names.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.utf8.count) }
    }

    /// The place of the name that stands in `range` of `bytes`; `nil` for another.
    func index(of range: Range<Int>, in bytes: [UInt8]) -> Int? {
        for index in 0..<(bounds.count - 1) where bounds[index + 1] - bounds[index] == range.count {
            var (place, given) = (bounds[index + 1] - 1, range.upperBound - 1)
            // Backwards: names of one length often differ at their end only.
            while place >= bounds[index], text[place] == bytes[given] {
                place -= 1
                given -= 1
            }
            if place < bounds[index] { return index }
        }
        return nil
    }

    func index(of name: String) -> Int? {
        let bytes = Array(name.utf8)
        return index(of: bytes.indices, in: bytes)
    }
}
