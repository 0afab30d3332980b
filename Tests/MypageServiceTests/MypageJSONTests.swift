import Contracts
import Foundation
import Testing

@testable import MypageService

@Suite("A row as JSON")
struct MypageJSONTests {
    @Test("has every field, null for what has not happened")
    func nulls() throws {
        let page = Mypage(id: 1, updatedAt: Timestamp(milliseconds: 0))
        #expect(
            String(decoding: MypageJSON.bytes(page), as: UTF8.self) == """
                {"customerId":null,"giftId":null,"giftStatus":null,"giftTelegramId":null,"giftTelegramStatus":null,\
                "id":1,"missionId":1,"missionStatus":null,"rewardId":null,"rewardStatus":null,"telegramId":null,\
                "telegramStatus":null,"title":null,"updatedAt":"1970-01-01T00:00:00.000Z"}
                """)
    }

    @Test(
        "is read by any JSON parser, whatever the title",
        arguments: ["", "\"\\/\u{7F}", "\n\r\t\u{0}\u{1F}", "märz 🎁\u{2028}"])
    func titles(title: String) throws {
        var page = Mypage(id: .max, updatedAt: .now)
        page.title = title
        page.missionStatus = .rewardAllocated
        page.telegramStatus = .sent
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(MypageJSON.bytes(page))) as? [String: Any])
        #expect(object["title"] as? String == title)
        #expect(object["id"] as? Int64 == .max)
        #expect(object["missionStatus"] as? String == "RewardAllocated")
        #expect(object["telegramStatus"] as? String == "Sent")
        #expect(object.count == 14)
    }

    @Test("stands in a list with the place of the next page")
    func list() throws {
        let pages = (1...3).map { Mypage(id: $0, updatedAt: .now) }
        let bytes = MypageJSON.bytes(Page(fetched: pages, limit: 2, id: \.id))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        #expect((object["items"] as? [Any])?.count == 2)
        #expect(object["next"] as? String == PageCursor(after: 2).text)
        let empty = String(decoding: MypageJSON.bytes(Page(items: [], next: nil)), as: UTF8.self)
        #expect(empty == #"{"items":[],"next":null}"#)
    }
}
