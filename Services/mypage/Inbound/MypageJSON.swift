import Contracts

/// Rows as JSON, written by hand: this stands on the path of every read, where a general encoder takes ten times as
/// long as the rest of the work.
enum MypageJSON {
    static func bytes(_ page: Mypage) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(384)
        append(page, to: &bytes)
        return bytes
    }

    /// `{"items": [...], "next": "..."|null}`
    static func bytes(_ page: Page<Mypage>) -> [UInt8] {
        var bytes = Array(#"{"items":["#.utf8)
        for (index, item) in page.items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(item, to: &bytes)
        }
        bytes += Array(#"],"next":"#.utf8)
        append(page.next?.text, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func append(_ page: Mypage, to bytes: inout [UInt8]) {
        func field(_ head: StaticString, _ value: Int64?) {
            copy(head, to: &bytes)
            append(value, to: &bytes)
        }
        func field(_ head: StaticString, _ value: String?) {
            copy(head, to: &bytes)
            append(value, to: &bytes)
        }
        field(#"{"customerId":"#, page.customerId)
        field(#","giftId":"#, page.giftId)
        field(#","giftStatus":"#, page.giftStatus?.rawValue)
        field(#","giftTelegramId":"#, page.giftTelegramId)
        field(#","giftTelegramStatus":"#, page.giftTelegramStatus?.rawValue)
        field(#","id":"#, page.id)
        field(#","missionId":"#, page.id)
        field(#","missionStatus":"#, page.missionStatus?.rawValue)
        field(#","rewardId":"#, page.rewardId)
        field(#","rewardStatus":"#, page.rewardStatus?.rawValue)
        field(#","telegramId":"#, page.telegramId)
        field(#","telegramStatus":"#, page.telegramStatus?.rawValue)
        field(#","title":"#, page.title)
        field(#","updatedAt":"#, page.updatedAt.description)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func copy(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static func append(_ value: Int64?, to bytes: inout [UInt8]) {
        guard let value else { return copy("null", to: &bytes) }
        bytes.append(contentsOf: String(value).utf8)
    }

    private static func append(_ text: String?, to bytes: inout [UInt8]) {
        guard let text else { return copy("null", to: &bytes) }
        JSONText.appendQuoted(text, to: &bytes)
    }
}
