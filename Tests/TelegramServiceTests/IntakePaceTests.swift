import Contracts
import Messaging
import TestSupport
import Testing

@testable import TelegramService

/// How fast events come in and messages go out when there are many.
@Suite(.serialized, .enabled(if: TestEnvironment.postgresURL != nil), .timeLimit(.minutes(3)))
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
            let claiming = try await clock.measure {
                for _ in 1...10 { #expect(try await store.queue.claim(upTo: 10).claims.count == 10) }
                for _ in 1...10 { _ = try await store.queue.nextReady() }
            }
            print("claiming 100 of them: \(claiming)")
            #expect(claiming < .seconds(1))
        }
    }
}
