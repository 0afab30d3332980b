import CMariaDB

/// The memory into which a statement's rows are fetched; a column that turns out longer gets more room.
final class MariaDBColumns {
    private enum Kind: Equatable {
        case integer(unsigned: Bool)
        case double
        case time
        case text
        case bytes
        case null

        var hasVariableLength: Bool {
            switch self {
            case .text, .bytes: true
            case .integer, .double, .time, .null: false
            }
        }
    }

    private static let smallestRoom = 64
    private static let largestFirstRoom = 512
    /// The character set "binary", by which bytes differ from text.
    private static let binaryCharacterSet: UInt32 = 63

    let count: Int
    private let kinds: [Kind]
    private let binds: UnsafeMutablePointer<MYSQL_BIND>
    private let lengths: UnsafeMutablePointer<UInt>
    private let nulls: UnsafeMutablePointer<my_bool>
    /// Whether the statement knows the buffers as they are now.
    private var isBound = false

    /// Takes the columns of the statement's last execution; there is one at least.
    init(of statement: UnsafeMutablePointer<MYSQL_STMT>) {
        let fields = Self.fields(of: statement)
        count = fields.count
        kinds = fields.map(Self.kind)
        binds = .allocate(capacity: count)
        binds.initialize(repeating: MYSQL_BIND(), count: count)
        lengths = .allocate(capacity: count)
        lengths.initialize(repeating: 0, count: count)
        nulls = .allocate(capacity: count)
        nulls.initialize(repeating: 0, count: count)
        for (index, field) in fields.enumerated() {
            prepare(index, room: min(max(Int(field.length), Self.smallestRoom), Self.largestFirstRoom))
        }
    }

    deinit {
        for index in 0..<count { binds[index].buffer?.deallocate() }
        binds.deinitialize(count: count)
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
    }

    /// Whether the statement's last execution gives these columns.
    func fit(_ statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
        let fields = Self.fields(of: statement)
        return fields.count == count && zip(fields, kinds).allSatisfy { Self.kind(of: $0) == $1 }
    }

    /// Tells the statement where its next row goes; must not happen between a row's fetching and its copying.
    func bind(to statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
        if !isBound { isBound = mysql_stmt_bind_result(statement, binds) == 0 }
        return isBound
    }

    /// Copies the row that was just fetched.
    func append(
        to cells: inout [MariaDBValue], from statement: UnsafeMutablePointer<MYSQL_STMT>
    ) throws(MariaDBError) {
        for index in 0..<count {
            if nulls[index] != 0 {
                cells.append(.null)
                continue
            }
            guard let buffer = try filled(index, statement) else { throw .decoding("a column has no buffer") }
            switch kinds[index] {
            case .null: cells.append(.null)
            case .integer(let unsigned):
                let value = buffer.load(as: Int64.self)
                guard !unsigned || value >= 0 else { throw .decoding("an unsigned value is too large for 64 bits") }
                cells.append(.int8(value))
            case .double: cells.append(.double(buffer.load(as: Double.self)))
            case .time: cells.append(.timestamp(MariaDBTime.decode(buffer.load(as: MYSQL_TIME.self))))
            case .text:
                cells.append(.text(String(decoding: bytes(index, buffer), as: UTF8.self)))
            case .bytes: cells.append(.bytes(Array(bytes(index, buffer))))
            }
        }
    }

    private func bytes(_ index: Int, _ buffer: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer, count: Int(lengths[index]))
    }

    /// The column's buffer with its whole value: fetched once more if there was not room enough.
    private func filled(
        _ index: Int, _ statement: UnsafeMutablePointer<MYSQL_STMT>
    ) throws(MariaDBError) -> UnsafeMutableRawPointer? {
        guard kinds[index].hasVariableLength, lengths[index] > binds[index].buffer_length else {
            return binds[index].buffer
        }
        binds[index].buffer?.deallocate()
        prepare(index, room: Int(lengths[index]) * 5 / 4)
        isBound = false
        guard mysql_stmt_fetch_column(statement, binds + index, UInt32(index), 0) == 0 else {
            throw MariaDBStatement.lastError(statement)
        }
        return binds[index].buffer
    }

    private func prepare(_ index: Int, room: Int) {
        var bind = MYSQL_BIND()
        var size = 8
        switch kinds[index] {
        case .integer(let unsigned):
            bind.buffer_type = MYSQL_TYPE_LONGLONG
            bind.is_unsigned = unsigned ? 1 : 0
        case .double: bind.buffer_type = MYSQL_TYPE_DOUBLE
        case .time:
            bind.buffer_type = MYSQL_TYPE_DATETIME
            size = MemoryLayout<MYSQL_TIME>.stride
        case .text, .null:
            bind.buffer_type = MYSQL_TYPE_STRING
            size = room
        case .bytes:
            bind.buffer_type = MYSQL_TYPE_BLOB
            size = room
        }
        bind.buffer = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        bind.buffer_length = UInt(size)
        bind.length = lengths + index
        bind.is_null = nulls + index
        binds[index] = bind
    }

    private static func fields(of statement: UnsafeMutablePointer<MYSQL_STMT>) -> UnsafeBufferPointer<MYSQL_FIELD> {
        UnsafeBufferPointer(start: statement.pointee.fields, count: Int(statement.pointee.field_count))
    }

    private static func kind(of field: MYSQL_FIELD) -> Kind {
        switch field.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_INT24, MYSQL_TYPE_LONG, MYSQL_TYPE_LONGLONG,
            MYSQL_TYPE_YEAR:
            .integer(unsigned: field.flags & UInt32(UNSIGNED_FLAG) != 0)
        case MYSQL_TYPE_FLOAT, MYSQL_TYPE_DOUBLE: .double
        case MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP, MYSQL_TYPE_DATE: .time
        case MYSQL_TYPE_NULL: .null
        case MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_DECIMAL, MYSQL_TYPE_TIME: .text
        default: field.charsetnr == binaryCharacterSet ? .bytes : .text
        }
    }
}
