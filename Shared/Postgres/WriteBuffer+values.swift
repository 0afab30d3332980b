import CPostgres

extension WriteBuffer {
    /// Writes a value that is not `null`.
    func put(_ value: PostgresValue) {
        switch value {
        case .null: break
        case .int8(let value): put(value)
        case .int4(let value): put(value)
        case .double(let value): put(value.bitPattern)
        case .bool(let value): put(value ? 1 as UInt8 : 0)
        case .text(let value): put(value)
        case .bytes(let value), .json(let value): put(value)
        case .uuid(let value): put(value)
        case .timestamp(let value): put(TimestampFormat.microseconds(value))
        case .int8Array(let values): putArray(values, of: TypeID.int8, size: 8) { put($0) }
        case .int4Array(let values): putArray(values, of: TypeID.int4, size: 4) { put($0) }
        case .doubleArray(let values): putArray(values, of: TypeID.float8, size: 8) { put($0.bitPattern) }
        case .boolArray(let values): putArray(values, of: TypeID.bool, size: 1) { put($0 ? 1 as UInt8 : 0) }
        case .textArray(let values): putArray(values, of: TypeID.text, size: 16) { put($0) }
        case .bytesArray(let values): putArray(values, of: TypeID.bytea, size: 16) { put($0) }
        case .uuidArray(let values): putArray(values, of: TypeID.uuid, size: 16) { put($0) }
        case .timestampArray(let values):
            putArray(values, of: TypeID.timestamptz, size: 8) { put(TimestampFormat.microseconds($0)) }
        case .jsonArray(let values): putArray(values, of: TypeID.json, size: 64) { put($0) }
        }
    }

    /// One dimension: number of dimensions, flags, element type, size, lower bound; then a length before each element,
    /// -1 for `NULL` (`array_recv` in `src/backend/utils/adt/arrayfuncs.c`).
    private func putArray<Element>(_ elements: [Element?], of type: Oid, size: Int, _ write: (Element) -> Void) {
        reserve(20 + elements.count * (4 + size))
        put(elements.isEmpty ? 0 : 1 as Int32)
        let flags = count
        put(0 as Int32)
        put(type)
        if elements.isEmpty { return }
        put(Int32(truncatingIfNeeded: elements.count))
        put(1 as Int32)
        var hasNull = false
        for element in elements {
            let length = count
            put(-1 as Int32)
            if let element {
                write(element)
                setLength(count - length - 4, at: length)
            } else {
                hasNull = true
            }
        }
        if hasNull { setLength(1, at: flags) }
    }
}
