import Foundation

/// A regular expression of the configuration.
struct Pattern: Sendable {
    // @unchecked Sendable: an NSRegularExpression never changes once made, and is documented as safe on all threads.
    private final class Compiled: @unchecked Sendable {
        let expression: NSRegularExpression
        init(_ expression: NSRegularExpression) { self.expression = expression }
    }

    private let compiled: Compiled

    init(_ text: String, _ key: String, _ section: Section) throws(ConfigFault) {
        do {
            compiled = Compiled(try NSRegularExpression(pattern: text))
        } catch {
            throw section.fault(key, "is no regular expression")
        }
    }

    var groupCount: Int { compiled.expression.numberOfCaptureGroups }

    /// The groups of the first match, `nil` when there is none; a group that took no part is empty.
    func firstMatch(in line: ArraySlice<UInt8>) -> [String]? {
        let text = String(decoding: line, as: UTF8.self)
        let whole = NSRange(text.startIndex..., in: text)
        guard let match = compiled.expression.firstMatch(in: text, range: whole) else { return nil }
        return (1..<max(match.numberOfRanges, 1)).map { index in
            Range(match.range(at: index), in: text).map { String(text[$0]) } ?? ""
        }
    }
}
