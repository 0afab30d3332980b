import Orders

/// How many orders of each kind; a window's increase or its whole.
struct WindowCounts: Sendable, Hashable {
    private var ageGrades = SIMD16<UInt32>()
    private var paymentMethods = SIMD4<UInt32>()
    private var coffees = SIMD16<UInt32>()

    mutating func add(_ order: CoffeeOrder) {
        ageGrades[Int(order.ageGrade)] &+= 1
        paymentMethods[Int(order.paymentMethod)] &+= 1
        coffees &+= SIMD16<UInt32>(truncatingIfNeeded: order.coffees)
    }

    /// The names that were counted, with how often.
    func entries(_ type: StatisticsType) -> [(name: String, count: UInt32)] {
        type.names.enumerated().compactMap { index, name in
            let count =
                switch type {
                case .ageGrades: ageGrades[index]
                case .paymentMethods: paymentMethods[index]
                case .coffees: coffees[index]
                }
            return count > 0 ? (name, count) : nil
        }
    }
}
