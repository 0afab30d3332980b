import CHiredis

extension RedisValue {
    init(copying reply: RedisHandle.Reply) {
        let text = UnsafeBufferPointer(
            start: reply.pointee.str, count: reply.pointee.str == nil ? 0 : reply.pointee.len)
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING: self = .bytes(text.withMemoryRebound(to: UInt8.self) { Array($0) })
        case REDIS_REPLY_STATUS:
            self = .status(text.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) })
        case REDIS_REPLY_ERROR:
            self = .error(
                RedisError(reply: text.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }))
        case REDIS_REPLY_ARRAY:
            var values: [RedisValue] = []
            values.reserveCapacity(reply.pointee.elements)
            for index in 0..<reply.pointee.elements {
                values.append(reply.pointee.element[index].map { RedisValue(copying: $0) } ?? .null)
            }
            self = .array(values)
        default: self = .null
        }
    }
}
