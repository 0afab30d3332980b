/// The value of a Bot API parameter, whichever way it came: the API takes `5` and `"5"` alike.
struct BotParameter: Decodable, Sendable, Hashable {
    var text: String

    init(_ text: String) {
        self.text = text
    }

    /// Arrays and objects are taken as empty: the sandbox reads none of those parameters.
    init(from decoder: any Decoder) throws {
        let value = try? decoder.singleValueContainer()
        if let text = try? value?.decode(String.self) {
            self.text = text
        } else if let number = try? value?.decode(Int64.self) {
            self.text = String(number)
        } else if let flag = try? value?.decode(Bool.self) {
            self.text = String(flag)
        } else if let number = try? value?.decode(Double.self) {
            self.text = String(number)
        } else {
            self.text = ""
        }
    }
}
