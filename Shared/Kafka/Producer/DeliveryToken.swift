/// What a record carries through librdkafka in place of a pointer: the number of its batch and its place in it.
struct DeliveryToken: Equatable {
    private static let indexBits: UInt = 20
    /// More records than this cannot stand in one batch.
    static let maxRecords = 1 << Int(indexBits)

    let rawValue: UInt

    /// - Parameter batch: Never 0, so that a token is never a null pointer.
    init(batch: UInt, index: Int) { rawValue = batch << Self.indexBits | UInt(index) }

    init?(_ opaque: UnsafeMutableRawPointer?) {
        guard let opaque else { return nil }
        rawValue = UInt(bitPattern: opaque)
    }

    var batch: UInt { rawValue >> Self.indexBits }
    var index: Int { Int(rawValue & (1 << Self.indexBits - 1)) }
    var opaque: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: rawValue) }
}
