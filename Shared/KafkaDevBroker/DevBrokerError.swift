/// What the development broker could not do.
public struct DevBrokerError: Error, CustomStringConvertible {
    public let reason: String

    init(_ reason: String) { self.reason = reason }

    public var description: String { "development broker: \(reason)" }
}
