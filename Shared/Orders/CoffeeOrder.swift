/// One order as it is counted: places in the catalogue's lists.
public struct CoffeeOrder: Sendable, Hashable {
    public let branch: UInt8
    public let ageGrade: UInt8
    public let paymentMethod: UInt8
    /// How many of each coffee.
    public let coffees: SIMD16<UInt8>

    public init(branch: UInt8, ageGrade: UInt8, paymentMethod: UInt8, coffees: SIMD16<UInt8>) {
        self.branch = branch
        self.ageGrade = ageGrade
        self.paymentMethod = paymentMethod
        self.coffees = coffees
    }

    /// Why a line is no order.
    public enum Fault: String, Error, Sendable, Hashable, CaseIterable {
        case empty = "empty-line"
        case tooLong = "line-too-long"
        case notUTF8 = "not-utf-8"
        case notJSON = "not-a-json-object"
        case unknownBranch = "unknown-branch"
        case unknownAgeGrade = "unknown-age-grade"
        case unknownPaymentMethod = "unknown-payment-method"
        case unknownCoffee = "unknown-coffee"
        case wrongCount = "wrong-number-of-coffees"
        case wrongTime = "wrong-time"
    }

    /// Reads the order from a scanned line.
    public init(_ scan: LineScan, in line: UnsafeBufferPointer<UInt8>) throws(Fault) {
        func place(_ range: Range<Int>?, _ index: NameIndex) -> UInt8? {
            guard let range else { return nil }
            return index.find(UnsafeBufferPointer(rebasing: line[range]))
        }
        guard let branch = place(scan.branch, OrderCatalogue.branchIndex) else { throw .unknownBranch }
        guard let grade = place(scan.customerAgeGrade, OrderCatalogue.ageGradeIndex) else { throw .unknownAgeGrade }
        guard let payment = place(scan.paymentMethod, OrderCatalogue.paymentMethodIndex) else {
            throw .unknownPaymentMethod
        }
        if scan.hasOrderedAt, scan.orderedAt == nil { throw .wrongTime }
        guard let orders = scan.orders else { throw .wrongCount }
        self.branch = branch
        ageGrade = grade
        paymentMethod = payment
        coffees = try Self.coffees(UnsafeBufferPointer(rebasing: line[orders]))
    }

    private static func coffees(_ array: UnsafeBufferPointer<UInt8>) throws(Fault) -> SIMD16<UInt8> {
        var counts = SIMD16<UInt8>()
        var total = 0
        var cursor = JSONCursor(array)
        guard cursor.take(UInt8(ascii: "[")) else { throw .wrongCount }
        cursor.skipSpace()
        if cursor.take(UInt8(ascii: "]")) { throw .wrongCount }
        while true {
            cursor.skipSpace()
            guard let name = cursor.string(),
                let coffee = OrderCatalogue.coffeeIndex.find(UnsafeBufferPointer(rebasing: array[name.range]))
            else { throw .unknownCoffee }
            total += 1
            guard OrderCatalogue.coffeesPerOrder.contains(total) else { throw .wrongCount }
            counts[Int(coffee)] += 1
            cursor.skipSpace()
            if cursor.take(UInt8(ascii: "]")) { return counts }
            guard cursor.take(UInt8(ascii: ",")) else { throw .unknownCoffee }
        }
    }
}
