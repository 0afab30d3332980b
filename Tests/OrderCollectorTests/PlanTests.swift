import Testing

@testable import OrderCollector

@Suite struct PlanTests {
    private static let good = """
        sources:
          orders:
            type: file
            path: ${ORDERS_FILE:-orders.jsonl}
            interceptors:
              - {type: static, header: shop, value: one}
              - {type: regex-extractor, pattern: '"branch":"(\\w+)"', headers: [branch]}
            selector:
              type: multiplexing
              header: branch
              mapping: {sunae: [main], migeum: [main, spare]}
              otherwise: [spare]
            channels: [main, spare]
        channels:
          main: {type: memory, maxBytes: 4MB}
          spare: {type: file, maxBytes: 1GB}
        sinks:
          first: {type: redis}
          second: {type: http, url: "http://127.0.0.1:1/"}
          nothing: {type: "null", channel: spare}
        groups:
          both: {type: failover, sinks: [first, second], channel: main}
        """

    @Test func `A good configuration is taken as it is`() throws {
        let plan = try CollectorPlan(yaml: Self.good, environment: [:])
        #expect(plan.sources.count == 1 && plan.channels.count == 2 && plan.sinks.count == 3 && plan.groups.count == 1)
        #expect(plan.sources[0].interceptors.count == 2)
    }

    @Test(arguments: [
        ("header: shop, value: one", "header: shop", 6, "lacks value"),
        ("type: file\n", "type: fiel\n", 3, "must be one of file, spool"),
        ("maxBytes: 4MB", "maxBytes: 4 Mega", 15, "must be a size"),
        ("{type: redis}", "{type: redis, lst: x}", 18, "has no key lst"),
        ("channel: spare}", "channel: spar}", 20, "which is no channel"),
        ("sinks: [first, second]", "sinks: [first, third]", 22, "which is no sink"),
        ("headers: [branch]", "headers: [a, b]", 7, "must name the pattern's 1 groups"),
        ("otherwise: [spare]", "otherwise: [else]", 9, "not in the source's channels"),
        ("${ORDERS_FILE:-orders.jsonl}", "${NO_SUCH}", 4, "is not set"),
        ("  main: {type", "  main: type", 15, "YAML"),
    ])
    func `A fault is named with its line`(text: String, replacement: String, line: Int, words: String) throws {
        let broken = Self.good.replacing(text, with: replacement)
        #expect(broken != Self.good)
        do {
            _ = try CollectorPlan(yaml: broken, environment: [:])
            Issue.record("it was taken")
        } catch {
            #expect(error.line == line, "\(error)")
            #expect(error.description.contains(words), "\(error)")
        }
    }
}
