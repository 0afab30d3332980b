import Foundation
import Orders
import TestSupport
import Testing

extension EndToEnd {
    /// The dashboard from outside: its routes, its stream, and its page in a real browser.
    @Suite struct DashboardTests {
        @Test func `History and totals are what the hashes hold, and wrong parameters are named`() async throws {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                let now = Date().timeIntervalSince1970
                let lines = (0..<30).map { orderLine("sunae", at: now - Double($0 * 10), grade: "9999") }.joined()
                try pipeline.append(lines)
                let expected = OrderTally(lines: lines)
                #expect(try await pipeline.expectCounted(expected) == expected)
                struct History: Decodable {
                    struct Window: Decodable { let date: String, counts: [String: Int] }
                    let branch: String, type: String, windows: [Window]
                }
                let path = "\(pipeline.dashboard.url)/api/history?branch=sunae&type=CustomerAgeGrades&count=5"
                let history: History = try await pipeline.http.get(path).decode()
                #expect(history.branch == "sunae" && history.type == "CustomerAgeGrades" && history.windows.count == 5)
                #expect(history.windows.map(\.date) == history.windows.map(\.date).sorted())
                #expect(history.windows.dropFirst().dropLast().allSatisfy { $0.counts == ["9999": 3] })
                struct Totals: Decodable { let totals: [String: [String: Int]], orders: Int, windows: Int }
                let totals: Totals = try await pipeline.http.get("\(pipeline.dashboard.url)/api/totals").decode()
                #expect(totals.orders == 30 && totals.totals["Orders"] == ["Americano": 30])
                for wrong in [
                    "?branch=atlantis&type=Orders", "?type=Orders", "?branch=sunae",
                    "?branch=sunae&type=Orders&count=0",
                ] {
                    #expect(try await pipeline.http.get("\(pipeline.dashboard.url)/api/history\(wrong)").status == 400)
                }
            }
        }

        @Test func `A stream begins with a snapshot, goes on with changes, and gives what was missed`() async throws {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                try pipeline.append(orderLine("sunae") + orderLine("migeum"))
                let isKnown = await eventually {
                    (try? await StreamProbe.first(pipeline.dashboard.port, events: 1))?.contains(#""branch":"migeum""#)
                        == true
                }
                #expect(isKnown)
                // Between the two a window may have closed, which is told as well.
                var first = ""
                let isTicking = try await eventually {
                    first = try await StreamProbe.first(pipeline.dashboard.port, events: 2)
                    return first.contains("event: snapshot") && first.contains("event: tick")
                }
                #expect(isTicking, "\(first)")
                let id = try #require(
                    first.split(whereSeparator: \.isNewline).first { $0.hasPrefix("id: ") }?.dropFirst(4))
                try pipeline.append(orderLine("jeongja"))
                let hasMissed = await eventually {
                    let missed = try? await StreamProbe.first(pipeline.dashboard.port, events: 1, lastID: String(id))
                    return missed.map {
                        $0.contains("event: windows") && $0.contains(#""branch":"jeongja""#)
                            && !$0.contains(#""branch":"sunae""#)
                    } ?? false
                }
                #expect(hasMissed)
                let other = try await StreamProbe.first(pipeline.dashboard.port, events: 1, lastID: "other-7")
                #expect(other.contains("event: snapshot"), "an id of another process's board is of no use")
            }
        }

        @Test func `A thousand viewers see an order, and one that does not read holds up nobody`() async throws {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                try pipeline.append(orderLine("sunae"))
                let crowd = try Crowd(port: pipeline.dashboard.port, count: 1000)
                defer { crowd.close() }
                #expect(try await crowd.all(contain: "event: snapshot", within: .seconds(60)))
                try pipeline.append(orderLine("migeum"))
                #expect(try await crowd.all(contain: #""branch":"migeum""#, within: .seconds(60)))
                #expect(try await pipeline.http.get("\(pipeline.dashboard.url)/api/totals").status == 200)
            }
        }

        @Test(.enabled(if: Browser.isInstalled, "needs the package chromium"), arguments: [false, true])
        func `The page works at 360 px, in light and in dark, and with the keyboard alone`(isDark: Bool) async throws {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                try pipeline.append((0..<20).map { _ in orderLine("jeongja") }.joined())
                let browser = try await Browser(width: 360, height: 740, isDark: isDark)
                defer { browser.close() }
                try await browser.open("\(pipeline.dashboard.url)/?type=Orders")
                let total = "+document.querySelector('[data-branch=jeongja]')?.dataset.total"
                #expect(try await browser.wait(for: "\(total) === 20"))
                #expect(
                    try await browser.evaluate("document.documentElement.scrollWidth") == "360", "no sideways scrolling"
                )
                let ground = try await browser.evaluate(
                    "getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0] < 128")
                #expect(ground == "\(isDark)")
                // Tab to the chart, an arrow key, and the numbers are said.
                _ = try await browser.evaluate("document.querySelector('[data-branch=jeongja] .plot').focus()")
                try await browser.press("ArrowLeft", code: 37)
                #expect(
                    try await browser.wait(
                        for: "document.getElementById('announcer').textContent.startsWith('jeongja')"))
                #expect(
                    try await browser.evaluate("!document.querySelector('[data-branch=jeongja] .tip').hidden") == "true"
                )
                if let folder = ProcessInfo.processInfo.environment["TEST_SCREENSHOTS"] {
                    try await browser.screenshot(
                        URL(fileURLWithPath: "\(folder)/phone-\(isDark ? "dark" : "light").png"))
                }
            }
        }
    }
}
