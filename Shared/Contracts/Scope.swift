/// Whose data a request may see and change.
public enum Scope: Sendable, Hashable {
    /// Everybody's: an operator's, another service's, an event's.
    case everyone
    /// One customer's alone.
    case customer(Int64)

    /// Whether a row of this customer is within the scope; one that belongs to nobody is within no customer's.
    public func includes(_ customerID: Int64?) -> Bool {
        switch self {
        case .everyone: true
        case .customer(let own): customerID == own
        }
    }

    /// Refuses a request that names another customer.
    ///
    /// - Errors: 403 `other-customer`, whether or not there is such a customer.
    public func require(_ customerID: Int64) throws(DomainError) {
        guard includes(customerID) else { throw .otherCustomer }
    }

    /// The customer whose rows a list shows: the one that was asked for, or the only one that may be asked for.
    ///
    /// - Errors: 403 `other-customer`.
    public func filter(_ asked: Int64?) throws(DomainError) -> Int64? {
        guard case .customer(let own) = self else { return asked }
        try require(asked ?? own)
        return own
    }
}

extension DomainError {
    static let otherCustomer = DomainError(
        .forbidden, slug: "other-customer",
        detail: "Your token is another customer's: name the customer that it was made for.")
}
