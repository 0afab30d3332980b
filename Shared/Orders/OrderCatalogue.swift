/// What may stand in an order. The values and their order are the original's.
public enum OrderCatalogue {
    public static let branches = ["jeongja", "seohyeon", "sunae", "migeum"]
    public static let ageGrades = ["0010", "1020", "2030", "3040", "4050", "5060", "6070", "7080", "8090", "9999"]
    public static let paymentMethods = ["Cash", "Credit", "Debit"]
    public static let coffees = [
        "Espresso", "Espresso Macchiato", "Espresso con Panna", "Caffe Latte", "Flat White", "Cafe Breve",
        "Cappuccino", "Caffe Mocha", "Americano",
    ]
    /// How many coffees one order may have.
    public static let coffeesPerOrder = 1...10

    static let branchIndex = NameIndex(branches)
    static let ageGradeIndex = NameIndex(ageGrades)
    static let paymentMethodIndex = NameIndex(paymentMethods)
    static let coffeeIndex = NameIndex(coffees)
}

/// Finds a name's place in a short list by its bytes, without making a string.
struct NameIndex: Sendable {
    private let names: [ShortName]

    init(_ names: [String]) {
        self.names = names.map { name in
            guard let short = Array(name.utf8).withUnsafeBufferPointer({ ShortName($0) }) else {
                preconditionFailure("\(name) is longer than a short name")
            }
            return short
        }
    }

    func find(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt8? {
        guard let wanted = ShortName(bytes) else { return nil }
        return names.firstIndex(of: wanted).map { UInt8($0) }
    }
}
