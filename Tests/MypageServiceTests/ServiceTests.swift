import Contracts
import Kafka
import MariaDB
import TestSupport
import Testing

@testable import MypageService

@Suite("mypage", .enabled(if: MypageDatabase.isAvailable, MypageDatabase.hint))
struct ServiceTests {
    @Test("fills its rows from events and answers with them")
    func flow() async throws {
        try await RunningMypage.with { mypage in
            try await mypage.publish([
                .mission(42, version: 3, .rewardAllocated), .reward(3, version: 1, mission: 42, .allocated),
                .message(5, version: 1, mission: 42, .sent), .gift(6, version: 1, mission: 42, .exchanged),
            ])
            #expect(try await mypage.shows(42) { $0.rewardId == 3 && $0.telegramId == 5 && $0.giftId == 6 })
            let answer = try await mypage.get("/mypages/42")
            #expect(answer.status == 200 && answer[header: "content-type"] == "application/json")
            #expect(answer.text.contains(#""missionStatus":"RewardAllocated""#))
            let waited = try await mypage.get("/mypages/42", token: "gift/6@1")
            #expect(waited.status == 200 && waited.body == answer.body)
            for filter in ["missionId=42", "rewardId=3", "giftId=6", "telegramId=5", "customerId=7&limit=1"] {
                let list = try await mypage.get("/mypages?\(filter)")
                #expect(list.text == #"{"items":[\#(answer.text)],"next":null}"#)
            }
        }
    }

    @Test("refuses what it cannot answer")
    func refusals() async throws {
        try await RunningMypage.with { mypage in
            for (path, status) in [
                ("/mypages/1", 404), ("/mypages/0", 400), ("/mypages/x", 400), ("/mypages/9223372036854775808", 400),
                ("/mypages?gift=1", 400), ("/mypages?giftId=-1", 400), ("/mypages?limit=501", 400),
                ("/mypages?after=x", 400), ("/mypages/1/2", 404),
            ] {
                let answer = try await mypage.get(path)
                #expect(answer.status == status, "\(path)")
                #expect(answer[header: "content-type"] == "application/problem+json")
            }
            for token in ["", "mission/1", "mission/1@0", "mission/-1@1", "chat/1@1", "mission/1@99999999999999999999"]
            {
                #expect(try await mypage.get("/mypages/1", token: token).status == 400, "\(token)")
            }
            let late = try await mypage.get("/mypages/1", token: "reward/9@1")
            #expect(late.status == 503 && late[header: "retry-after"] == "1")
        }
    }

    @Test("sets bad messages aside and goes on with those behind them")
    func badMessages() async throws {
        try await RunningMypage.with { mypage in
            let good = (1...5).map { MypageFact.mission($0, version: 1, .created).record }
            var noJSON = good[0]
            noJSON.value = Array("{".utf8)
            var wrongStatus = MypageFact.mission(1, version: 2, .created).record
            wrongStatus.value = Array(#"{"id":1,"version":2,"customerId":7,"title":null,"status":"Lost"}"#.utf8)
            var noEvent = good[0]
            noEvent.headers = []
            var noValue = good[0]
            noValue.value = nil
            var tooLong = MypageFact.mission(9, version: 1, .created).record
            let title = String(repeating: "x", count: 70_000)
            tooLong.value = Array(
                #"{"id":9,"version":1,"customerId":7,"title":"\#(title)","status":"Created"}"#.utf8)
            let records = good.flatMap { [noJSON, wrongStatus, noEvent, noValue, tooLong, $0] }
            for result in try await mypage.producer.send(records) { try result.get() }
            for id in Int64(1)...5 { #expect(try await mypage.shows(id) { $0.missionStatus == .created }) }
            #expect(
                try await eventually {
                    let letters = try await KafkaReader.readAll(mypage.settings.kafka.client, topic: "game.mission.dlq")
                    return letters.count == 25
                })
        }
    }
}
