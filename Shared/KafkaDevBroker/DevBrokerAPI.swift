/// The kinds of requests that faults can be injected into, with the protocol's numbers.
public enum DevBrokerAPI: Int16, Sendable, CaseIterable {
    case produce = 0
    case fetch = 1
    case listOffsets = 2
    case metadata = 3
    case offsetCommit = 8
    case offsetFetch = 9
    case findCoordinator = 10
    case joinGroup = 11
    case heartbeat = 12
    case leaveGroup = 13
    case syncGroup = 14
    case initProducerID = 22

    /// The protocol's name, such as `Produce`, whatever its case.
    public init?(name: String) {
        let wanted = name.lowercased()
        guard let found = Self.allCases.first(where: { "\($0)".lowercased() == wanted }) else { return nil }
        self = found
    }
}
