import CPostgres

/// Reads arrays of one dimension; see `WriteBuffer.putArray` for their form.
enum BinaryArray {
    /// - Returns: `nil` where the bytes are no such array or an element does not fit `element`.
    static func elements<Element>(
        _ bytes: UnsafeRawBufferPointer, _ element: (Oid, UnsafeRawBufferPointer) -> Element?
    ) -> [Element?]? {
        var rest = bytes[...]
        guard let dimensions = number(&rest), number(&rest) != nil, let type = number(&rest) else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = number(&rest), count >= 0, number(&rest) != nil else { return nil }
        var elements: [Element?] = []
        elements.reserveCapacity(min(Int(count), rest.count / 4))
        for _ in 0..<count {
            guard let length = number(&rest) else { return nil }
            if length < 0 {
                elements.append(nil)
                continue
            }
            guard rest.count >= length else { return nil }
            let value = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(length)))
            guard let value = element(Oid(bitPattern: type), value) else { return nil }
            elements.append(value)
            rest = rest.dropFirst(Int(length))
        }
        return elements
    }

    private static func number(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Int32? {
        guard rest.count >= 4 else { return nil }
        let number: Int32? = BinaryValue.number(UnsafeRawBufferPointer(rebasing: rest.prefix(4)))
        rest = rest.dropFirst(4)
        return number
    }
}
