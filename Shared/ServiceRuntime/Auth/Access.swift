import Auth

/// Who may call a route, as it says where it is registered: `router.get("/missions", for: [.customer, .operator])`.
///
/// A route that says nothing is for nobody. Whose data a customer sees is the handler's affair, see
/// ``ServiceRequestContext/scope``. Without `AUTH=on` every route is for everyone.
public struct Access: Sendable, ExpressibleByArrayLiteral {
    let roles: Roles
    let isOpen: Bool
    let admission: (any Admission)?

    private init(roles: Roles = [], isOpen: Bool = false, admission: (any Admission)? = nil) {
        self.roles = roles
        self.isOpen = isOpen
        self.admission = admission
    }

    /// Callers whose token has one of these roles.
    public init(arrayLiteral roles: Role...) { self.init(roles) }

    /// The same, to be followed by ``or(_:)``.
    public init(_ roles: [Role]) { self.init(roles: Roles(roles)) }

    /// Whoever comes, with or without a token: what is nobody's secret, or is guarded in another way.
    public static let everyone = Access(isOpen: true)

    /// Refused to all.
    public static let nobody = Access(roles: [])

    /// The same, and besides whoever `admission` lets in without a token.
    public func or(_ admission: some Admission) -> Access {
        Access(roles: roles, isOpen: isOpen, admission: admission)
    }

    /// Whether the caller may come in at all.
    func admits(_ caller: Caller) -> Bool { !roles.isDisjoint(with: caller.roles) }

    /// Whose data the caller may touch here: a customer's own, unless the route also knows the caller by another role.
    func scope(of caller: Caller) -> Scope {
        guard roles.intersection(caller.roles) == .customer else { return .everyone }
        // A customer always has an id; without one it would have no data at all.
        return .customer(caller.customerID ?? 0)
    }
}
