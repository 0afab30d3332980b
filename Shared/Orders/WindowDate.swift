import Contracts

/// The start of a tumbling window, in whole seconds of UTC, written `yyyyMMddHHmmss`.
public struct WindowDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Seconds since 1970.
    public let seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    /// The window of `length` seconds that a moment belongs to.
    public init(containing milliseconds: Int64, length: Int64) {
        let size = length * 1000
        let index = milliseconds >= 0 ? milliseconds / size : (milliseconds - size + 1) / size
        seconds = index * length
    }

    /// Parses `yyyyMMddHHmmss`.
    public init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 14, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let parts = [4, 2, 2, 2, 2, 2].reduce(into: (start: 0, texts: [String]())) { state, length in
            state.texts.append(String(decoding: digits[state.start..<state.start + length], as: UTF8.self))
            state.start += length
        }.texts
        guard
            let moment = Timestamp(
                "\(parts[0])-\(parts[1])-\(parts[2])T\(parts[3]):\(parts[4]):\(parts[5])Z")
        else { return nil }
        seconds = moment.milliseconds / 1000
    }

    public static func < (left: WindowDate, right: WindowDate) -> Bool { left.seconds < right.seconds }

    public var description: String {
        String(Timestamp(milliseconds: seconds * 1000).description.prefix(19).filter { $0.isNumber })
    }
}
