/// What one call adds to a window.
struct CallMark: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let failure = CallMark(rawValue: 1)
    static let slow = CallMark(rawValue: 2)
}
