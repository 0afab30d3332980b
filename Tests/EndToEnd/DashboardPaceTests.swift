import Foundation
import Orders
import TestSupport
import Testing

extension EndToEnd {
    /// How quickly the page shows what was ordered.
    @Suite struct DashboardPaceTests {
        /// Pictures of the page at a desk's width, for people to look at.
        private static func screenshots(_ url: String) async throws {
            guard let folder = ProcessInfo.processInfo.environment["TEST_SCREENSHOTS"] else { return }
            for isDark in [false, true] {
                let browser = try await Browser(width: 1280, height: 800, isDark: isDark)
                defer { browser.close() }
                try await browser.open(url)
                #expect(try await browser.wait(for: "document.querySelectorAll('.bar rect').length >= 40"))
                try await browser.screenshot(
                    URL(fileURLWithPath: "\(folder)/desk-\(isDark ? "dark" : "light").png"))
            }
        }

        @Test(.enabled(if: Browser.isInstalled, "needs the package chromium"))
        func `The chart is there, moves within a second, shows all ten grades and survives the server's restart`()
            async throws
        {
            try await withPipeline(.redis, withDashboard: true) { pipeline in
                let grades = OrderCatalogue.ageGrades
                for branch in OrderCatalogue.branches {
                    try pipeline.append(grades.map { orderLine(branch, grade: $0) }.joined())
                }
                let browser = try await Browser(width: 1280, height: 800)
                defer { browser.close() }
                try await browser.open(pipeline.dashboard.url)
                #expect(try await browser.wait(for: "document.querySelectorAll('.branch').length === 4"))
                let bars = "document.querySelectorAll('[data-branch=sunae] .bar rect').length"
                #expect(try await browser.wait(for: "\(bars) >= 10"), "all ten grades are drawn")
                #expect(try await browser.evaluate("document.querySelectorAll('#legend li').length") == "10")
                #expect(try await browser.wait(for: "document.getElementById('status').dataset.state === 'live'"))
                let total = "+document.querySelector('[data-branch=sunae]')?.dataset.total"
                #expect(try await browser.wait(for: "\(total) === 10"))
                try await Self.screenshots(pipeline.dashboard.url)
                let height = try await browser.evaluate("document.documentElement.scrollHeight")
                // What else the machine does comes and goes, and slowness of its own would stay: of a few the best
                // counts.
                var shown = 10
                var times: [Duration] = []
                repeat {
                    try pipeline.append(orderLine("sunae"))
                    shown += 1
                    let begin = ContinuousClock.now
                    #expect(try await browser.wait(for: "\(total) === \(shown)"))
                    times.append(begin.duration(to: .now))
                } while times.count < 5 && !times.contains(where: { $0 < .seconds(1) })
                #expect(times.contains { $0 < .seconds(1) }, "within a second: \(times)")
                pipeline.dashboard.kill()
                #expect(try await browser.wait(for: "document.getElementById('status').dataset.state === 'lost'"))
                #expect(try await browser.evaluate(total) == "\(shown)", "what was known stays")
                try pipeline.append(orderLine("sunae"))
                try pipeline.dashboard.start()
                let next = shown + 1
                #expect(try await browser.wait(for: "\(total) === \(next)"), "nothing is missing, without a reload")
                #expect(try await browser.wait(for: "document.getElementById('status').dataset.state === 'live'"))
                #expect(try await browser.evaluate("document.documentElement.scrollHeight") == height, "nothing jumps")
            }
        }
    }
}
