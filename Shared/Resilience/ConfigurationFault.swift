/// A value that a part of this module cannot work with: which field, and what is wrong with it.
///
/// `description` is one line and safe to show. Whoever reads the field from a variable puts the variable's name in
/// place of the field's.
public struct ConfigurationFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the argument, such as `minimumCalls`.
    public let field: String
    /// Continues the sentence "the value …", such as "must be at least 1".
    public let fault: String

    public var description: String { "\(field) \(fault)" }

    static func check(_ isGood: Bool, _ field: String, _ fault: String) throws(ConfigurationFault) {
        guard isGood else { throw ConfigurationFault(field: field, fault: fault) }
    }
}
