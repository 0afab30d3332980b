import TestSupport
import Testing

extension EndToEnd {
    @Suite struct FlowTests {
        @Test(arguments: [1, 2]) func `a mission becomes a reward, a message and a row`(replicas: Int) async throws {
            try await withSuite(replicas: replicas) { suite in
                try await suite.linkChats(1...20)
                var ids: Set<Int64> = []
                for customer in Int64(1)...20 {
                    let replica = suite.replicas(of: "mission")[Int(customer) % replicas]
                    ids.insert(try await suite.achieve(customer: customer, via: replica))
                }
                try await suite.settle(missions: 20)
                try await suite.expectConsistency(missionIDs: ids, maxUncertain: 0)
                #expect(try await suite.telegrams().allSatisfy { $0.status == "Sent" })
                #expect(try await suite.sandboxMessages().count == 20)
            }
        }

        @Test func `a mission that is only created waits until it is achieved`() async throws {
            try await withSuite { suite in
                let url = suite["mission"].url
                let created = try await suite.http.post("\(url)/missions", #"{"customerId": 5}"#)
                #expect(created.status == 201)
                let mission: MissionView = try created.decode()
                #expect(mission.status == "Created")
                #expect(created[header: "location"] == "/missions/\(mission.id)")
                let token = try #require(created[header: "consistency-token"])
                let row = try await untilServed {
                    try await suite.http.get(
                        "\(suite["mypage"].url)/mypages/\(mission.id)", headers: ["Consistency-Token": token])
                }
                #expect(row.status == 200)
                #expect(try row.decode(MypageView.self).missionStatus == "Created")
                let achieved = try await suite.http.send(
                    "PATCH", "\(url)/missions/\(mission.id)", #"{"status": "Achieved"}"#)
                #expect(achieved.status == 200)
                try await suite.waitForCompleteRows(1, within: .seconds(60))
                // No chat is linked: the message waits for one.
                #expect(try await suite.mypages().first?.telegramStatus == "Unlinked")
                try await suite.linkChats(5...5)
                let isTold = try await eventually { try await suite.mypages().first?.telegramStatus == "Sent" }
                #expect(isTold)
            }
        }

        @Test func `the saga carries one correlation id and its events the contract's headers`() async throws {
            try await withSuite { suite in
                try await suite.linkChats(1...1)
                let answer = try await suite.http.post(
                    "\(suite["mission"].url)/missions", #"{"customerId": 1, "status": "Achieved"}"#,
                    headers: ["correlationid": "saga-1"])
                #expect(answer.status == 201)
                try await suite.settle(missions: 1)
                let events = try await suite.events()
                #expect(Set(events.map(\.correlationID)) == ["saga-1"])
                #expect(
                    Set(events.map(\.type)) == [
                        "MissionAchieved", "Allocated", "MissionUpdated", "MessageUpdated",
                    ])
                #expect(Set(events.map(\.trace.traceID)).count == 1)
            }
        }
    }
}
