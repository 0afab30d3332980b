import CPostgres

/// Which prepared statements a connection has, by their SQL text; the least recently used one goes first.
///
/// A pure value: the caller prepares and deallocates. Names are never used twice on a connection.
struct StatementCache {
    private struct Entry {
        let name: String
        let types: [Oid]
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var made: UInt64 = 0
    /// Statements that the server still holds for nothing.
    private(set) var abandoned: [String] = []

    init(limit: Int = 256) { self.limit = limit }

    /// The name of the statement for this text and these parameter types (0 fits any), if there is one.
    mutating func name(for sql: String, types: [Oid]) -> String? {
        guard let index = entries.index(forKey: sql) else { return nil }
        let known = entries.values[index].types
        guard known.count == types.count, zip(known, types).allSatisfy({ $1 == 0 || $0 == $1 }) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].name
    }

    /// The types to prepare with: those now given, and where `null` is given, those known from before.
    func types(for sql: String, merging types: [Oid]) -> [Oid] {
        guard let known = entries[sql]?.types, known.count == types.count else { return types }
        return zip(known, types).map { $1 == 0 ? $0 : $1 }
    }

    /// A name for the next statement.
    mutating func nextName() -> String {
        made += 1
        return "s\(made)"
    }

    /// Keeps a statement that was prepared, in place of an older one with the same text.
    mutating func insert(_ name: String, sql: String, types: [Oid]) {
        remove(sql)
        if entries.count >= limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key {
            remove(oldest)
        }
        uses += 1
        entries[sql] = Entry(name: name, types: types, lastUse: uses)
    }

    /// Forgets the statement; its name is then among ``abandoned``.
    mutating func remove(_ sql: String) {
        if let entry = entries.removeValue(forKey: sql) { abandoned.append(entry.name) }
    }

    /// Returns the abandoned names and forgets them.
    mutating func takeAbandoned() -> [String] {
        defer { abandoned = [] }
        return abandoned
    }
}
