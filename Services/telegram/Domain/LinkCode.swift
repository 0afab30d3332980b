import Contracts
import Digest

/// What a customer sends as `/start <code>` to prove who they are: signed, good for a while and only once.
///
/// 48 characters of base64url, fit for Telegram's deep links (at most 64 of `A-Za-z0-9_-`): customer id (8 bytes),
/// end of validity in seconds (4), nonce (8), and the first 16 bytes of an HMAC-SHA256 over them.
struct LinkCode: Sendable, Hashable {
    /// Why a code is refused.
    enum Fault: String, Error, Sendable, Hashable, CaseIterable {
        case forged = "is not one of ours"
        case expired = "has expired"
        case used = "has been used"
    }

    private static let macLength = 16
    private static let bodyLength = 20

    let customerId: Int64
    /// Whole seconds.
    let expiresAt: Timestamp
    let nonce: UInt64

    init(customerId: Int64, lifetime: Duration, now: Timestamp, nonce: UInt64 = .random(in: .min ... .max)) {
        self.customerId = customerId
        expiresAt = Timestamp(milliseconds: (now.milliseconds / 1000 + lifetime.components.seconds) * 1000)
        self.nonce = nonce
    }

    /// Reads a code and checks its signature and its end.
    init(text: String, secret: [UInt8], now: Timestamp) throws(Fault) {
        guard text.utf8.count == 48, let bytes = Base64URL.decode(text) else { throw .forged }
        let body = Array(bytes[..<Self.bodyLength])
        guard ConstantTime.equal(Array(bytes[Self.bodyLength...]), Self.mac(body, secret)) else { throw .forged }
        func number(_ range: Range<Int>) -> UInt64 { body[range].reduce(0) { $0 << 8 | UInt64($1) } }
        customerId = Int64(bitPattern: number(0..<8))
        expiresAt = Timestamp(milliseconds: Int64(number(8..<12)) * 1000)
        nonce = number(12..<20)
        guard now < expiresAt else { throw .expired }
    }

    func text(secret: [UInt8]) -> String {
        let seconds = UInt32(clamping: expiresAt.milliseconds / 1000)
        let body = bigEndian(UInt64(bitPattern: customerId)) + bigEndian(seconds) + bigEndian(nonce)
        return Base64URL.encode(body + Self.mac(body, secret))
    }

    private static func mac(_ body: [UInt8], _ secret: [UInt8]) -> [UInt8] {
        Array(HMAC.sha256(body, key: secret)[..<macLength])
    }

    private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
