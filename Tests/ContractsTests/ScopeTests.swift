import Contracts
import Testing

@Suite("Scopes")
struct ScopeTests {
    @Test("a customer's includes its own and nothing else")
    func includes() {
        #expect(Scope.everyone.includes(7) && Scope.everyone.includes(nil))
        #expect(Scope.customer(7).includes(7))
        #expect(!Scope.customer(7).includes(8) && !Scope.customer(7).includes(nil))
    }

    @Test("a list of a customer's is always its own")
    func filter() throws {
        #expect(try Scope.everyone.filter(nil) == nil && Scope.everyone.filter(7) == 7)
        #expect(try Scope.customer(7).filter(nil) == 7 && Scope.customer(7).filter(7) == 7)
        let error = #expect(throws: DomainError.self) { try Scope.customer(7).filter(8) }
        #expect(error?.kind == .forbidden && error?.slug == "other-customer")
        #expect(throws: DomainError.self) { try Scope.customer(7).require(8) }
    }
}
