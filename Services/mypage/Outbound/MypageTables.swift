import MariaDB

/// The table names of one generation.
struct MypageTables: Sendable {
    let rows: String
    let gifts: String
    let messages: String
    let inbox: String

    init(_ generation: Generation) { self.init(number: String(generation.number)) }

    init(number: String) {
        rows = "mypage_g\(number)"
        gifts = "mypage_gift_g\(number)"
        messages = "mypage_message_g\(number)"
        inbox = "inbox_g\(number)"
    }

    var all: [String] { [rows, gifts, messages, inbox] }
}
