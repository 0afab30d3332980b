/// Names a version of a file, so that a browser that has it need not load it again (RFC 9110, 8.8.3).
struct EntityTag: Sendable, Hashable {
    /// As in the header, with its quotes.
    let text: String

    /// - Parameter bytes: The version's content.
    init(of bytes: [UInt8]) {
        // FNV-1a: tells versions of a file apart, nothing more.
        let hash = bytes.reduce(14_695_981_039_346_656_037 as UInt64) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
        text = "\"\(String(hash, radix: 36))\""
    }

    /// Whether an `If-None-Match` says that the client has this version: a list of tags, weak ones too, or `*` (RFC 9110,
    /// 13.1.2).
    func isListed(in header: String) -> Bool {
        header.split(separator: ",").contains { part in
            let tag = part.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
            return tag == "*" || tag == text || tag == "W/\(text)"
        }
    }
}
