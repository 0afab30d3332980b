import Orders

/// One line on its way from a source to the channels.
struct Event: Sendable {
    /// The line without its end.
    var body: ArraySlice<UInt8>
    /// Which line of which file it is; kept when it is read again.
    let id: LineID
    /// The offset behind the line, its line feed included.
    let end: Int64
    /// When it was first seen, in milliseconds since 1970; its `orderedAt` if it has none of its own.
    let seenAt: Int64
    /// What interceptors added, in their order.
    var headers: [Header] = []
    /// The line was longer than allowed, and this is its beginning.
    var isTruncated = false

    struct Header: Sendable, Hashable {
        let name: String
        var value: String
    }

    subscript(header name: String) -> String? {
        get { headers.first { $0.name == name }?.value }
        set {
            headers.removeAll { $0.name == name }
            if let newValue { headers.append(Header(name: name, value: newValue)) }
        }
    }
}
