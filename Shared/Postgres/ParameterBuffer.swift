import CPostgres

/// The parameters of one statement in the shape libpq takes them: one block of bytes and parallel arrays.
final class ParameterBuffer {
    /// The server takes no message beyond 1 GiB.
    private static let largest = 1 << 30

    private let buffer = WriteBuffer()
    private var offsets: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []
    /// The parameters' types, 0 for `null`.
    private(set) var types: [Oid] = []

    /// Replaces the parameters.
    func encode(_ values: [PostgresValue]) throws {
        buffer.removeAll()
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        for value in values {
            let start = buffer.count
            buffer.put(value)
            types.append(value.type)
            if case .null = value { offsets.append(-1) } else { offsets.append(start) }
            lengths.append(Int32(truncatingIfNeeded: buffer.count - start))
            if buffer.count > Self.largest {
                throw PostgresError(.query, "the parameters of a statement are larger than 1 GiB")
            }
        }
        // Only now the block stays where it is.
        pointers.removeAll(keepingCapacity: true)
        for offset in offsets {
            let start = (buffer.base + max(offset, 0)).assumingMemoryBound(to: CChar.self)
            pointers.append(offset < 0 ? nil : UnsafePointer(start))
        }
        while formats.count < values.count { formats.append(1) }
    }

    /// Hands count, values, lengths and formats to `body`; they are valid until it returns.
    func withPointers<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        pointers.withUnsafeBufferPointer { pointers in
            lengths.withUnsafeBufferPointer { lengths in
                formats.withUnsafeBufferPointer { formats in
                    body(Int32(pointers.count), pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
                }
            }
        }
    }
}
