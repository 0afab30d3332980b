/// Who calls, as a verified token says.
public struct Caller: Sendable, Hashable {
    /// The token's `sub`: a customer's id, or the name of a person or program.
    public let subject: String
    public let roles: Roles
    /// The customer that the caller is, if it is one.
    public let customerID: Int64?

    public init(subject: String, roles: Roles, customerID: Int64? = nil) {
        self.subject = subject
        self.roles = roles
        self.customerID = customerID
    }
}
