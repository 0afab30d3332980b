import CMariaDB

/// The memory from which a statement's parameters are sent; kept from one execution to the next.
///
/// The client library reads `binds` and the bytes behind them until `mysql_stmt_execute` returns.
final class MariaDBParameters {
    let count: Int
    let binds: UnsafeMutablePointer<MYSQL_BIND>
    /// Never empty: a parameter whose buffer is nil would be sent as NULL.
    private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 16)

    init(count: Int) {
        self.count = count
        binds = .allocate(capacity: max(1, count))
        binds.initialize(repeating: MYSQL_BIND(), count: max(1, count))
    }

    deinit {
        binds.deinitialize(count: max(1, count))
        binds.deallocate()
        bytes.deallocate()
    }

    func fill(_ values: some Collection<MariaDBValue>) throws(MariaDBError) {
        precondition(values.count == count, "the statement has another number of parameters")
        reserve(values.reduce(16) { $0 + Self.size($1) })
        var offset = 0
        for (index, value) in values.enumerated() {
            binds[index] = try bind(value, at: &offset)
        }
    }

    private func reserve(_ size: Int) {
        guard size > bytes.count else { return }
        bytes.deallocate()
        bytes = .allocate(byteCount: size * 3 / 2, alignment: 16)
    }

    private func bind(_ value: MariaDBValue, at offset: inout Int) throws(MariaDBError) -> MYSQL_BIND {
        var bind = MYSQL_BIND()
        let place = bytes.baseAddress.map { $0 + offset }
        bind.buffer = place
        switch value {
        case .null:
            bind.buffer_type = MYSQL_TYPE_NULL
        case .int8(let number):
            bind.buffer_type = MYSQL_TYPE_LONGLONG
            place?.storeBytes(of: number, as: Int64.self)
        case .double(let number):
            bind.buffer_type = MYSQL_TYPE_DOUBLE
            place?.storeBytes(of: number, as: Double.self)
        case .timestamp(let timestamp):
            bind.buffer_type = MYSQL_TYPE_DATETIME
            place?.storeBytes(of: try MariaDBTime.encode(timestamp), as: MYSQL_TIME.self)
        case .text(var text):
            bind.buffer_type = MYSQL_TYPE_STRING
            bind.buffer_length = UInt(text.utf8.count)
            text.withUTF8 { copy(UnsafeRawBufferPointer($0), to: place) }
        case .bytes(let array):
            bind.buffer_type = MYSQL_TYPE_BLOB
            bind.buffer_length = UInt(array.count)
            array.withUnsafeBytes { copy($0, to: place) }
        }
        offset += Self.size(value)
        return bind
    }

    private func copy(_ source: UnsafeRawBufferPointer, to place: UnsafeMutableRawPointer?) {
        guard let place, let first = source.baseAddress else { return }
        place.copyMemory(from: first, byteCount: source.count)
    }

    /// Bytes that a value takes, rounded up so that the next one is aligned.
    private static func size(_ value: MariaDBValue) -> Int {
        let bytes =
            switch value {
            case .null: 0
            case .int8, .double: 8
            case .timestamp: MemoryLayout<MYSQL_TIME>.stride
            case .text(let text): text.utf8.count
            case .bytes(let array): array.count
            }
        return (bytes + 15) & ~15
    }
}
