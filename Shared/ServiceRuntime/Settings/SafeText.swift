/// Makes text from outside fit for one line on a terminal or in a log.
enum SafeText {
    /// Control characters become spaces; what is over the limit is cut.
    static func singleLine(_ text: String, limit: Int = 400) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return result + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            result.unicodeScalars.append(isControl ? " " : scalar)
            count += 1
        }
        return result
    }
}
