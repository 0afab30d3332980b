import Contracts
import Messaging
import TestSupport
import Testing

@testable import TelegramService

/// How fast events come in and messages go out when there are many.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(5)))
struct IntakePaceTests {
    @Test func `twenty thousand events for a hundred customers come in fast, and claiming is cheap`() async throws {
        try await TestStore.with { store in
            for customer in 1...100 as ClosedRange<Int64> { try await store.link(customer, customer) }
            let events = (1...20_000).map { number in
                EventEnvelope.mission(.sample(id: Int64(number), customer: Int64(number % 100) + 1, rewardId: 1))
            }
            let clock = ContinuousClock()
            let intake = try await clock.measure {
                for start in stride(from: 0, to: events.count, by: 500) {
                    _ = try await store.take(Array(events[start..<start + 500]))
                }
            }
            print("intake of 20,000 events: \(intake)")
            #expect(intake < .seconds(30))
            // A commit takes as long as the disk does; the middle one of ten is no hiccup.
            try await store.execute("CREATE TABLE control (n int)")
            var (claims, looks, commits): ([Duration], [Duration], [Duration]) = ([], [], [])
            for _ in 1...10 {
                commits.append(try await clock.measure { try await store.execute("INSERT INTO control VALUES (1)") })
                claims.append(
                    try await clock.measure {
                        let claimed = try await store.queue.claim(upTo: 10).claims
                        #expect(claimed.count == 10)
                    })
                looks.append(try await clock.measure { _ = try await store.queue.nextReady() })
            }
            let (claim, look, commit) = (claims.sorted()[5], looks.sorted()[5], commits.sorted()[5])
            print("claiming ten of them: \(claim), beside a commit's \(commit)")
            #expect(claim + look < .milliseconds(100) + commit * 2)
        }
    }
}
