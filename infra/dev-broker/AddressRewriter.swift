import NIOCore

/// Puts another address in place of the broker's own in its answers to one connection.
///
/// A Kafka client asks any broker where the brokers are and then connects to what it is told. The built-in broker tells
/// 127.0.0.1, which is right on its own host alone. The two answers that carry addresses are Metadata and
/// FindCoordinator; the built-in broker speaks them up to version 2, and says so in ApiVersions. Their layout is in the
/// protocol guide: https://kafka.apache.org/protocol
struct AddressRewriter {
    /// What the frames lack, or a version with another layout.
    struct MalformedFrame: Error {}

    private enum Kind {
        case metadata(version: Int16)
        case findCoordinator(version: Int16)
    }

    let advertised: HostPort
    /// Requests whose answers carry addresses, by correlation id.
    private var expected: [Int32: Kind] = [:]

    init(advertised: HostPort) { self.advertised = advertised }

    /// Notes a request, without its length.
    mutating func sent(_ request: ByteBuffer) throws {
        var request = request
        guard let (key, version, correlation) = request.readMultipleIntegers(as: (Int16, Int16, Int32).self) else {
            throw MalformedFrame()
        }
        switch DevBrokerKey(rawValue: key) {
        case .metadata: expected[correlation] = .metadata(version: version)
        case .findCoordinator: expected[correlation] = .findCoordinator(version: version)
        case nil: return
        }
        guard (0...2).contains(version) else { throw MalformedFrame() }
    }

    /// The answer to give to the client, without its length.
    mutating func rewritten(_ answer: ByteBuffer) throws -> ByteBuffer {
        var answer = answer
        guard let correlation: Int32 = answer.getInteger(at: answer.readerIndex) else { throw MalformedFrame() }
        guard let kind = expected.removeValue(forKey: correlation) else { return answer }
        var result = ByteBuffer()
        result.reserveCapacity(answer.readableBytes + 256)
        try copy(4, from: &answer, to: &result)
        switch kind {
        case .metadata(let version): try rewriteMetadata(version, from: &answer, to: &result)
        case .findCoordinator(let version): try rewriteCoordinator(version, from: &answer, to: &result)
        }
        result.writeBuffer(&answer)
        return result
    }

    // [brokers: node_id host port (rack, since 1)] …
    private func rewriteMetadata(_ version: Int16, from answer: inout ByteBuffer, to result: inout ByteBuffer) throws {
        guard let count: Int32 = answer.readInteger() else { throw MalformedFrame() }
        result.writeInteger(count)
        for _ in 0..<max(0, count) {
            try copy(4, from: &answer, to: &result)
            try replaceAddress(from: &answer, to: &result)
            if version >= 1 { try copyString(from: &answer, to: &result) }
        }
    }

    // (throttle_time, since 1) error_code (error_message, since 1) node_id host port
    private func rewriteCoordinator(
        _ version: Int16, from answer: inout ByteBuffer, to result: inout ByteBuffer
    ) throws {
        if version >= 1 { try copy(4, from: &answer, to: &result) }
        guard let error: Int16 = answer.readInteger() else { throw MalformedFrame() }
        result.writeInteger(error)
        if version >= 1 { try copyString(from: &answer, to: &result) }
        try copy(4, from: &answer, to: &result)
        // With an error there is no address to replace.
        if error == 0 { try replaceAddress(from: &answer, to: &result) }
    }

    private func replaceAddress(from answer: inout ByteBuffer, to result: inout ByteBuffer) throws {
        guard let length: Int16 = answer.readInteger(), answer.readSlice(length: max(0, Int(length))) != nil,
            answer.readInteger(as: Int32.self) != nil
        else { throw MalformedFrame() }
        result.writeInteger(Int16(advertised.host.utf8.count))
        result.writeString(advertised.host)
        result.writeInteger(Int32(advertised.port))
    }

    private func copyString(from answer: inout ByteBuffer, to result: inout ByteBuffer) throws {
        guard let length: Int16 = answer.readInteger() else { throw MalformedFrame() }
        result.writeInteger(length)
        try copy(max(0, Int(length)), from: &answer, to: &result)
    }

    private func copy(_ count: Int, from answer: inout ByteBuffer, to result: inout ByteBuffer) throws {
        guard var bytes = answer.readSlice(length: count) else { throw MalformedFrame() }
        result.writeBuffer(&bytes)
    }
}

/// The protocol's numbers of the requests whose answers carry addresses.
private enum DevBrokerKey: Int16 {
    case metadata = 3
    case findCoordinator = 10
}
