import Contracts
import Orders

/// Random orders, the same for the same seed.
struct RandomOrders {
    private var random: SplitMix64
    private let timestamps: Bool

    init(seed: UInt64, timestamps: Bool) {
        random = SplitMix64(state: seed)
        self.timestamps = timestamps
    }

    /// Appends one line with its line feed.
    mutating func appendLine(to bytes: inout [UInt8], at time: Timestamp) {
        func pick(_ names: [String]) -> String { names[Int(random.next(upperBound: UInt64(names.count)))] }
        bytes.append(contentsOf: #"{"branch":""#.utf8)
        bytes.append(contentsOf: pick(OrderCatalogue.branches).utf8)
        bytes.append(contentsOf: #"","customerAgeGrade":""#.utf8)
        bytes.append(contentsOf: pick(OrderCatalogue.ageGrades).utf8)
        bytes.append(contentsOf: #"","paymentMethod":""#.utf8)
        bytes.append(contentsOf: pick(OrderCatalogue.paymentMethods).utf8)
        bytes.append(contentsOf: #"","orders":["#.utf8)
        let range = OrderCatalogue.coffeesPerOrder
        for index in 0..<Int(random.next(upperBound: UInt64(range.count))) + range.lowerBound {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            bytes.append(contentsOf: pick(OrderCatalogue.coffees).utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "]"))
        if timestamps {
            bytes.append(contentsOf: #","orderedAt":""#.utf8)
            bytes.append(contentsOf: time.description.utf8)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}

/// Sebastiano Vigna's SplitMix64 (public domain): small, and the same on every machine.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
