/// A set of roles; small enough to be compared on every request.
public struct Roles: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public init(_ roles: some Sequence<Role>) {
        self = roles.reduce(into: []) { $0.insert(Roles($1)) }
    }

    private init(_ role: Role) {
        switch role {
        case .customer: self = .customer
        case .operator: self = .operator
        case .service: self = .service
        }
    }

    public static let customer = Roles(rawValue: 1)
    public static let `operator` = Roles(rawValue: 2)
    public static let service = Roles(rawValue: 4)

    /// In the order of ``Role``.
    public var names: [String] { Role.allCases.filter { contains(Roles($0)) }.map(\.rawValue) }
}
