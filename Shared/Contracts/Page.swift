/// One page of a list that is ordered by id.
public struct Page<Item: Sendable>: Sendable {
    public var items: [Item]
    /// Where the next page begins, or `nil` on the last one.
    public var next: PageCursor?

    public init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }

    /// Makes a page from up to `limit + 1` items: the one too many only shows that there is a next page.
    public init(fetched: [Item], limit: Int, id: (Item) -> Int64) {
        items = Array(fetched.prefix(limit))
        next = fetched.count > limit ? items.last.map { PageCursor(after: id($0)) } : nil
    }
}

/// An opaque place in a list; callers get it as text and hand it back.
public struct PageCursor: Sendable, Hashable {
    /// The page begins behind this id.
    public let after: Int64

    public init(after: Int64) { self.after = after }

    /// Parses what ``text`` gave; `nil` for anything else.
    public init?(text: String) {
        guard text.hasPrefix("c"), let value = Int64(text.dropFirst(), radix: 36), value >= 0 else { return nil }
        after = value
        // One place has one text: no signs, capitals or leading zeros.
        guard self.text == text else { return nil }
    }

    public var text: String { "c" + String(after, radix: 36) }
}

/// How much of a list is asked for.
public struct PageRequest: Sendable, Hashable {
    /// 1 to 500.
    public let limit: Int
    public let after: PageCursor?

    public init(limit: Int = 50, after: PageCursor? = nil) {
        self.limit = limit
        self.after = after
    }
}
