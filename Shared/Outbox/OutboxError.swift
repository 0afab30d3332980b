/// What is wrong with the outbox itself.
public enum OutboxError: Error, CustomStringConvertible {
    /// A row names an aggregate that this version does not know; it was written by another version.
    case unknownAggregate(String)

    public var description: String {
        switch self {
        case .unknownAggregate(let name): "the outbox holds a row of the unknown aggregate \(name)"
        }
    }
}
