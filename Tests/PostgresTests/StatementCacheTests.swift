import Testing

@testable import Postgres

struct StatementCacheTests {
    @Test func `a statement is found again by its text and types`() {
        var cache = StatementCache()
        cache.insert("s1", sql: "SELECT $1", types: [20])
        #expect(cache.name(for: "SELECT $1", types: [20]) == "s1")
        #expect(cache.name(for: "SELECT $1", types: [0]) == "s1", "a null fits any type")
        #expect(cache.name(for: "SELECT $1", types: [25]) == nil)
        #expect(cache.name(for: "SELECT $1", types: [20, 20]) == nil)
        #expect(cache.name(for: "SELECT 2", types: []) == nil)
    }

    @Test func `a type that was unknown is filled in and known ones are kept`() {
        var cache = StatementCache()
        cache.insert("s1", sql: "q", types: [20, 0])
        #expect(cache.name(for: "q", types: [20, 25]) == nil)
        #expect(cache.types(for: "q", merging: [0, 25]) == [20, 25])
        cache.insert("s2", sql: "q", types: [20, 25])
        #expect(cache.takeAbandoned() == ["s1"])
        #expect(cache.name(for: "q", types: [0, 0]) == "s2")
    }

    @Test func `the least recently used statement goes first`() {
        var cache = StatementCache(limit: 2)
        cache.insert("s1", sql: "a", types: [])
        cache.insert("s2", sql: "b", types: [])
        _ = cache.name(for: "a", types: [])
        cache.insert("s3", sql: "c", types: [])
        #expect(cache.takeAbandoned() == ["s2"])
        #expect(cache.takeAbandoned() == [])
        #expect(cache.name(for: "a", types: []) == "s1")
    }
}
