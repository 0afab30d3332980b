import Contracts
import Kafka
import Messaging
import TestSupport
import Testing

extension EndToEnd {
    /// Events that come twice, in the wrong order, or are none.
    @Suite struct DisorderTests {
        private static let settings = [
            "telegram": ["TELEGRAM_RATE_PER_SECOND": "1000", "TELEGRAM_CHAT_RATE_PER_SECOND": "1000"]
        ]

        @Test func `every event twice more and shuffled across topics changes nothing`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...20)
                let ids = try await Load(suite: suite, count: 200, customers: 20).run()
                try await suite.settle(missions: 200)
                let rows = Set(try await suite.mypages())
                let records = try await suite.messages().map(\.asRecord)
                try await suite.publish((records + records).shuffled())
                // The same state with new ids, as a replay by `republish` or a mistaken producer would bring it.
                try await suite.publish(records.shuffled().map(\.withNewID))
                try await suite.caughtUp()
                try await suite.settle(missions: 200)
                #expect(Set(try await suite.mypages()) == rows)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
                #expect(try await suite.deadLetters().isEmpty)
            }
        }

        @Test func `events about gifts, twice more and shuffled, change nothing`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...20)
                let rewards = try await suite.prepareRewards(60, customers: 20).map(\.id)
                // A third is used, a third stays exchanged, a third is cancelled: revoked while gift hears nothing.
                for reward in rewards.prefix(40) { #expect(try await suite.exchange(reward).status == 201) }
                for gift in try await suite.gifts().prefix(20) {
                    let isUsed = try await eventually { try await suite.use(gift.id).status == 200 }
                    #expect(isUsed)
                }
                try suite.broker.setDown(true)
                for reward in rewards.suffix(20) {
                    #expect(try await suite.revoke(reward).status == 200)
                    #expect(try await suite.exchange(reward).status == 201)
                }
                try suite.broker.setDown(false)
                try await suite.settleGifts()
                let before = try await suite.giftState()
                let counts = Dictionary(grouping: before.gifts, by: \.status).mapValues(\.count)
                #expect(counts == ["Used": 20, "Exchanged": 20, "Cancelled": 20])
                before.expectMessages(maxUncertain: 0)
                let records = try await suite.messages().map(\.asRecord)
                try await suite.publish((records + records).shuffled())
                try await suite.publish(records.shuffled().map(\.withNewID))
                try await suite.caughtUp()
                try await suite.settleGifts()
                let after = try await suite.giftState()
                #expect(Set(after.gifts) == Set(before.gifts) && Set(after.rewards) == Set(before.rewards))
                #expect(Set(after.rows) == Set(before.rows))
                #expect(after.telegrams.count == before.telegrams.count && after.received == before.received)
                #expect(try await suite.deadLetters().isEmpty)
            }
        }

        @Test func `garbage is set aside with its reason and what comes behind it is processed`() async throws {
            try await withSuite(settings: Self.settings) { suite in
                try await suite.linkChats(1...5)
                let model = EventCodec.record(
                    NewEvent(
                        MissionEventType.achieved,
                        MissionData(id: 9_000, version: 1, customerId: 1, title: nil, status: .achieved),
                        in: WriteContext()), source: "/test")
                var garbage: [KafkaRecord] = []
                func add(_ value: [UInt8]?, _ change: (inout KafkaRecord) -> Void = { _ in }) {
                    var record = model.withNewID
                    record.value = value
                    change(&record)
                    garbage.append(record)
                }
                add([0xFF, 0xFE, 0x00, 0x80])
                add(Array("{\"id\": 1".utf8))
                add(Array("[]".utf8))
                add(Array(#"{"id": "one", "version": 1, "customerId": 1, "status": "Achieved"}"#.utf8))
                add(nil)
                add(Array("{}".utf8)) { $0.headers = [] }
                add(model.value) { $0.set("ce_specversion", "7.0") }
                // Not garbage: a type that nobody knows yet, and a field from the future.
                add(model.value) { $0.set("ce_type", "MissionPostponed") }
                // Many keys, so that each partition gets some.
                for key in 0..<24 {
                    try await suite.publish(
                        garbage.map { record in
                            var record = record.withNewID
                            record.key = Array("\(key)".utf8)
                            return record
                        })
                }
                garbage.removeAll()
                add([UInt8](repeating: 0x20, count: 2_000_000))
                try await suite.publish(garbage)
                let ids = try await Load(suite: suite, count: 50, customers: 5).run()
                try await suite.waitForCompleteRows(50, within: .seconds(120))
                try await suite.settle(missions: 50)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
                // The missions are on few of the partitions; those of the garbage alone may come last.
                var letters: [StoredDeadLetter] = []
                var reasons: Set<String> = []
                var skipped: Double = 0
                _ = try await eventually(every: .milliseconds(300)) {
                    letters = try await suite.deadLetters()
                    reasons = Set(letters.filter { $0.consumer == "game-reward" }.map(\.reason))
                    skipped = try await suite.metric("events_skipped_total", of: suite["reward"]) ?? 0
                    return reasons.count >= 4 && letters.contains { $0.isTruncated } && skipped >= 24
                }
                #expect(reasons == ["malformed-data", "null-value", "not-an-event", "unknown-spec-version"])
                let strange = letters.filter { $0.origin.topic != "game.mission" }
                #expect(
                    strange.isEmpty, "\(strange.map { "\($0.origin) \($0.reason) \($0.exception) \($0.consumer)" })")
                #expect(letters.contains { $0.isTruncated })
                #expect(skipped >= 24)
            }
        }
    }
}

extension KafkaMessage {
    fileprivate var asRecord: KafkaRecord { KafkaRecord(topic: topic, key: key, value: value, headers: headers) }
}

extension KafkaRecord {
    fileprivate var withNewID: KafkaRecord {
        var record = self
        record.set("ce_id", UUIDv7.make().uuidString.lowercased())
        return record
    }

    fileprivate mutating func set(_ name: String, _ value: String) {
        guard let index = headers.firstIndex(where: { $0.name == name }) else { return }
        headers[index] = KafkaHeader(name: name, value: Array(value.utf8))
    }
}

extension GameSuite {
    /// Waits until no consumer is behind.
    fileprivate func caughtUp() async throws {
        let isCaughtUp = try await eventually(within: .seconds(60), every: .milliseconds(200)) {
            for replica in all {
                guard let lag = try await metric("consumer_lag", of: replica), lag == 0 else { return false }
            }
            return true
        }
        guard isCaughtUp else { throw TestFailure("a consumer stays behind") }
    }
}
