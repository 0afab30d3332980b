import Testing

@testable import Contracts

@Suite struct HeaderValueTests {
    @Test func `a consistency token survives its text form`() {
        let token = ConsistencyToken(.reward, id: 42, version: 3)
        #expect(token.description == "reward/42@3")
        #expect(ConsistencyToken("reward/42@3") == token)
    }

    @Test(arguments: [
        "", "reward", "reward/42", "reward/0@1", "reward/1@0", "cake/1@1", "reward/1@x", "reward/-1@1", "reward/+1@1",
        "reward/01@1", "reward/1@1\n",
    ])
    func `a malformed consistency token is refused`(text: String) { #expect(ConsistencyToken(text) == nil) }

    @Test func `a traceparent survives its text form and children share its trace`() throws {
        let trace = TraceContext()
        #expect(TraceContext(trace.description) == trace)
        #expect(trace.child().traceID == trace.traceID)
        #expect(trace.child().spanID != trace.spanID)
    }

    @Test(arguments: [
        "", "00", "00-00000000000000000000000000000000-0123456789abcdef-01",
        "00-0123456789abcdef0123456789abcdef-0000000000000000-01",
        "00-0123456789ABCDEF0123456789abcdef-0123456789abcdef-01",
        "ff-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
        "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01-extra",
    ])
    func `a malformed traceparent is refused`(text: String) { #expect(TraceContext(text) == nil) }

    @Test func `a page cursor survives its text form`() {
        #expect(PageCursor(text: PageCursor(after: 123_456).text)?.after == 123_456)
        #expect(PageCursor(text: "123") == nil)
        for text in ["c-5", "c+5", "c05", "cA", "c", "c1y2p0ij32e8e8"] { #expect(PageCursor(text: text) == nil) }
        #expect(PageCursor(text: "c1y2p0ij32e8e7")?.after == .max)
    }

    @Test func `the item too many only shows that there is a next page`() {
        let page = Page<Int64>(fetched: [1, 2, 3], limit: 2, id: { $0 })
        #expect(page.items == [1, 2])
        #expect(page.next?.after == 2)
        #expect(Page<Int64>(fetched: [1, 2], limit: 2, id: { $0 }).next == nil)
    }
}
