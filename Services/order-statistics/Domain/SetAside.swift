import Orders

/// A line that could not be counted: where it stood, why, and how it began.
struct SetAside: Sendable, Hashable {
    /// So much of the line is kept.
    static let keptBytes = 200

    /// `nil` for a line that no collector has numbered.
    let id: LineID?
    let fault: CoffeeOrder.Fault
    let beginning: String
}
