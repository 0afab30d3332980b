import Digest
import Foundation

/// A secret that a sender and this service share: sent along as it is, or signed with. Shown nowhere.
struct SenderSecret: Sendable, CustomStringConvertible, CustomReflectable {
    /// Compared by digest, so that not even the length shows in the time it takes.
    private let digest: [UInt8]
    /// What signatures are made with: of a `whsec_…` secret the bytes, of any other its text.
    let key: [UInt8]

    var description: String { "SenderSecret" }
    var customMirror: Mirror { Mirror(self, children: []) }

    init(_ text: String) throws(InvalidValue) {
        guard (16...200).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw InvalidValue("has a secret that is not 16 to 200 visible ASCII characters")
        }
        digest = Self.digest(of: text)
        guard text.hasPrefix("whsec_") else {
            key = Array(text.utf8)
            return
        }
        guard let data = Data(base64Encoded: String(text.dropFirst(6))), (24...64).contains(data.count) else {
            throw InvalidValue("has a secret with whsec_ that is not followed by 24 to 64 bytes in base64")
        }
        key = [UInt8](data)
    }

    /// - Parameter given: The digest of what a sender has sent; see ``digest(of:)``.
    func matches(digest given: [UInt8]) -> Bool { ConstantTime.equal(digest, given) }

    static func digest(of text: String) -> [UInt8] { SHA256.digest(of: Array(text.utf8)) }
}
