import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// The operator's page of bypass-queue, in a real browser: every button, and what it does to the queue.
    @Suite(.enabled(if: Browser.isInstalled, "needs the package chromium")) struct BypassPageTests {
        /// A button by its words, in the page or, on top of it, in a dialog.
        private func button(_ text: String, in place: String = "main") -> String {
            "[...document.querySelectorAll('\(place) button')].find(button => button.textContent === '\(text)')"
        }

        private func state(_ word: String) -> String {
            "document.querySelector('dl .state')?.textContent === '\(word)'"
        }

        private func screenshot(_ browser: Browser, _ name: String) async throws {
            guard let folder = ProcessInfo.processInfo.environment["TEST_SCREENSHOTS"] else { return }
            try await browser.screenshot(URL(fileURLWithPath: "\(folder)/\(name).png"))
        }

        private func answer(_ suite: BypassSuite, _ group: String) async throws -> String {
            try await suite.http.get("\(suite.replicas[0].url)/queues/\(group)/state").text
        }

        @Test func `Pause, resume, retry, skip, replay and delete do what they say`() async throws {
            let settings = [
                "RETRY_BASE": "60s", "RETRY_LIMIT": "60s", "LEASE": "20s", "CALLBACK_TIMEOUT": "10s",
            ]
            try await withBypass(replicas: 1, settings: settings) { suite in
                let page = suite.replicas[0].url
                try await suite.behave(#"{"status": 503, "group": "line-1"}"#)
                for event in ["ring", "pick-up", "hang-up"] { try await suite.post("line-1", event) }
                let browser = try await Browser(width: 1280, height: 900)
                defer { browser.close() }
                try await browser.open(page)
                try await browser.click("document.querySelector('tr.link')")
                #expect(try await browser.wait(for: state("Retrying")))
                try await screenshot(browser, "group-retrying")

                try await browser.click(button("Pause"))
                #expect(try await browser.wait(for: state("Paused")))
                #expect(try await answer(suite, "line-1").contains(#""state":"Paused""#))
                try await browser.click(button("Resume"))
                #expect(try await browser.wait(for: state("Retrying")))

                // Out with the first one; but not before the operator has said so twice.
                try await browser.click(button("Skip first message"))
                try await screenshot(browser, "dialog")
                try await browser.click(button("Cancel", in: "dialog"))
                #expect(try await answer(suite, "line-1").contains(#""depth":3"#))
                try await browser.click(button("Skip first message"))
                try await browser.click(button("Skip", in: "dialog"))
                #expect(try await eventually { try await answer(suite, "line-1").contains(#""depth":2"#) })
                #expect(try await browser.wait(for: state("Retrying")), "the next one fails as well")

                try await suite.behave("{}")
                try await browser.click(button("Retry now"))
                #expect(
                    try await browser.wait(for: "document.querySelector('main').textContent.includes('Nothing waits.')")
                )
                #expect(try await suite.seen().filter { $0.group == "line-1" }.last?.webhookId == "hang-up")

                try await replayAndDelete(suite, browser)
                try await everyState(suite, browser)
            }
        }

        private func replayAndDelete(_ suite: BypassSuite, _ browser: Browser) async throws {
            let page = suite.replicas[0].url
            let settings = #"{"callbackUrl": "\#(suite.receiver.url)/hook", "policy": "dead-letter"}"#
            #expect(try await suite.http.send("PUT", "\(page)/queues/line-2", settings).status == 201)
            try await suite.behave(#"{"status": 404, "group": "line-2"}"#)
            for event in ["busy", "voicemail"] { try await suite.post("line-2", event) }
            try await browser.open("\(page)/#line-2")
            let letters = "[...document.querySelectorAll('main button')].filter(b => b.textContent === 'Replay').length"
            #expect(try await browser.wait(for: "\(letters) === 2"))
            try await screenshot(browser, "group-dead-letters")
            try await suite.behave("{}")
            try await browser.click(button("Replay"))
            #expect(try await browser.wait(for: "\(letters) === 1"))
            let isReplayed = try await eventually {
                let last = try await suite.seen().last { $0.group == "line-2" }
                return last?.sequence == 3 && last?.webhookId == "busy"
            }
            #expect(isReplayed, "at the end of its group, with its own id")
            try await browser.click(button("Delete"))
            try await browser.click(button("Delete", in: "dialog"))
            #expect(try await browser.wait(for: "\(letters) === 0"))
            #expect(try await suite.http.get("\(page)/dead-letters?group=line-2").text.contains(#""items":[]"#))
        }

        /// The list with a group in each state, and the filter above it.
        private func everyState(_ suite: BypassSuite, _ browser: Browser) async throws {
            let page = suite.replicas[0].url
            try await suite.behave(#"{"status": 404, "group": "line-3"}"#)
            for event in ["one", "two"] { try await suite.post("line-3", event) }
            #expect(try await eventually { try await answer(suite, "line-3").contains("Blocked") })
            try await suite.behave(#"{"status": 503, "group": "line-4"}"#)
            try await suite.post("line-4", "three")
            #expect(try await eventually { try await answer(suite, "line-4").contains("Retrying") })
            #expect(try await suite.http.send("POST", "\(page)/queues/line-1/pause", nil).status == 200)
            try await browser.open("\(page)/#")
            let states = "[...document.querySelectorAll('tbody .state')].map(node => node.textContent).sort().join()"
            #expect(try await browser.wait(for: "\(states) === 'Active,Blocked,Paused,Retrying'"))
            try await screenshot(browser, "groups")
            try await browser.click(button("Blocked"))
            #expect(try await browser.wait(for: "\(states) === 'Blocked'"))
            try await browser.click("document.querySelector('tr.link')")
            #expect(try await browser.wait(for: state("Blocked")))
            try await screenshot(browser, "group-blocked")
            try await browser.click(button("← All groups"))
            try await browser.click(button("All"))
            try await browser.resize(360, 740)
            #expect(try await browser.wait(for: "document.querySelectorAll('tr.link').length === 4"))
            let width = try await browser.evaluate("document.documentElement.scrollWidth")
            #expect(width == "360", "no sideways scrolling")
            try await screenshot(browser, "groups-phone")
        }
    }
}
