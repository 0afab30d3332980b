/// A command in the server's own notation (RESP): its arguments are appended one after the other into one buffer, so
/// that a push of thousands of values costs no allocation each.
public struct RedisCommand: Sendable {
    private(set) var body: [UInt8] = []
    private(set) var count = 0

    public init(_ arguments: String...) {
        for argument in arguments { append(argument) }
    }

    public init(_ arguments: [String]) {
        for argument in arguments { append(argument) }
    }

    /// Makes room for `bytes` more of arguments.
    public mutating func reserve(_ bytes: Int) { body.reserveCapacity(body.count + bytes) }

    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    public mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

    public mutating func append(_ number: some BinaryInteger) { append(String(number)) }

    public mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        appendHeader(UInt8(ascii: "$"), bytes.count)
        body.append(contentsOf: bytes)
        body.append(0x0D)
        body.append(0x0A)
        count += 1
    }

    /// The whole command as it goes over the wire.
    var wire: [UInt8] {
        var head = RedisCommand()
        head.appendHeader(UInt8(ascii: "*"), count)
        return head.body + body
    }

    private mutating func appendHeader(_ mark: UInt8, _ number: Int) {
        body.append(mark)
        if number < 10 {
            body.append(UInt8(48 + number))
        } else {
            body.append(contentsOf: String(number).utf8)
        }
        body.append(0x0D)
        body.append(0x0A)
    }
}
