import Synchronization

/// Cuts a TCP stream into syslog messages: `LENGTH SP MESSAGE`, or a line each. Pure.
struct SyslogFramer: Sendable {
    let maxLine: Int
    private var rest: [UInt8] = []
    /// What is left of a message that is too long to be kept.
    private var isSkippingLine = false

    init(maxLine: Int) { self.maxLine = maxLine }

    mutating func take(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        rest += bytes
        var messages: [ArraySlice<UInt8>] = []
        var start = 0
        while start < rest.count, let (message, next) = frame(from: start) {
            if !isSkippingLine, !message.isEmpty { messages.append(Array(message.prefix(maxLine))[...]) }
            isSkippingLine = false
            start = next
        }
        rest.removeFirst(start)
        if rest.count > maxLine + 16 {
            if !isSkippingLine { messages.append(Array(rest.prefix(maxLine))[...]) }
            isSkippingLine = true
            rest = []
        }
        return messages
    }

    /// The stream has ended: what is left is a message too.
    mutating func end() -> [ArraySlice<UInt8>] {
        defer { rest = [] }
        return rest.isEmpty || isSkippingLine ? [] : [rest[...]]
    }

    private func frame(from start: Int) -> (ArraySlice<UInt8>, Int)? {
        if (49...57).contains(rest[start]) {
            let digits = rest[start...].prefix { (48...57).contains($0) }
            if digits.count < 8, digits.endIndex < rest.count, rest[digits.endIndex] == 0x20,
                let length = Int(String(decoding: digits, as: UTF8.self)), length <= maxLine
            {
                let begin = digits.endIndex + 1
                guard begin + length <= rest.count else { return nil }
                return (rest[begin..<begin + length], begin + length)
            }
        }
        guard let feed = rest[start...].firstIndex(of: 0x0A) else { return nil }
        let line = rest[start..<feed]
        return (line.last == 0x0D ? line.dropLast() : line, feed + 1)
    }
}

/// How many connections are open.
final class ConnectionCount: Sendable {
    private let count = Mutex(0)

    func add(limit: Int) -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func remove() { count.withLock { $0 -= 1 } }
}
