import MariaDB

/// The table names of one generation.
struct MypageTables: Sendable {
    let rows: String
    let gifts: String
    let messages: String
    let inbox: String

    init(_ generation: Generation) {
        rows = "mypage_g\(generation.number)"
        gifts = "mypage_gift_g\(generation.number)"
        messages = "mypage_message_g\(generation.number)"
        inbox = "inbox_g\(generation.number)"
    }

    var all: [String] { [rows, gifts, messages, inbox] }
}
