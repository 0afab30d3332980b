import Contracts
import Testing

@testable import Auth

@Suite("Remembered tokens")
struct TokenCacheTests {
    private let start = Timestamp(milliseconds: 1_000_000)

    private func token(_ subject: String, lasts: Duration = .seconds(60)) -> VerifiedToken {
        VerifiedToken(caller: Caller(subject: subject, roles: .operator), expiresAt: start + lasts)
    }

    @Test("are found until they expire, and by nothing but the whole text")
    func expiry() {
        let cache = TokenCache(capacity: 10)
        cache.store("Bearer a", token("ann"), generation: cache.generation)
        #expect(cache.find("Bearer a", at: start)?.subject == "ann")
        #expect(cache.find("Bearer A", at: start) == nil && cache.find("Bearer ", at: start) == nil)
        #expect(cache.find("Bearer a", at: start + .milliseconds(59_999)) != nil)
        #expect(cache.find("Bearer a", at: start + .seconds(60)) == nil)
    }

    @Test("are bounded, and those in use stay")
    func bound() {
        let cache = TokenCache(capacity: 100)
        cache.store("kept", token("kept"), generation: 0)
        for number in 0..<1000 {
            cache.store("\(number)", token("\(number)"), generation: 0)
            #expect(cache.find("kept", at: start) != nil)
            #expect(cache.count <= 100)
        }
        #expect(cache.find("0", at: start) == nil && cache.find("999", at: start) != nil)
    }

    @Test("are forgotten when keys change, also one whose check was under way")
    func generations() {
        let cache = TokenCache(capacity: 10)
        let generation = cache.generation
        cache.store("a", token("a"), generation: generation)
        cache.clear()
        cache.store("b", token("b"), generation: generation)
        #expect(cache.count == 0)
        cache.store("b", token("b"), generation: cache.generation)
        #expect(cache.find("b", at: start) != nil)
    }
}
