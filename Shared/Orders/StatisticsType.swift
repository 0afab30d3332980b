/// What is counted of the orders; the names are those of the Redis hashes.
public enum StatisticsType: String, Sendable, Hashable, CaseIterable {
    case ageGrades = "CustomerAgeGrades"
    case paymentMethods = "PaymentMethods"
    case coffees = "Orders"

    /// Every name that can be counted, in the catalogue's order.
    public var names: [String] {
        switch self {
        case .ageGrades: OrderCatalogue.ageGrades
        case .paymentMethods: OrderCatalogue.paymentMethods
        case .coffees: OrderCatalogue.coffees
        }
    }
}
