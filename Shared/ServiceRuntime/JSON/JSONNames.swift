/// The names of an object's fields, looked up by their bytes, see ``JSONReader/name(among:)``.
public struct JSONNames: Sendable {
    private let names: [[UInt8]]

    public init(_ names: [String]) { self.names = names.map { Array($0.utf8) } }

    /// The place of the name that stands in `range` of `bytes`; `nil` for another.
    func index(of range: Range<Int>, in bytes: [UInt8]) -> Int? {
        for (index, name) in names.enumerated() where name.count == range.count {
            var (place, given) = (name.count - 1, range.upperBound - 1)
            // Backwards: names of one length often differ at their end only.
            while place >= 0, name[place] == bytes[given] {
                place -= 1
                given -= 1
            }
            if place < 0 { return index }
        }
        return nil
    }

    func index(of name: String) -> Int? { names.firstIndex(of: Array(name.utf8)) }
}
