/// Cuts a text into parts that Telegram takes, at the end of a line where there is one, else at a space, else anywhere
/// between two characters.
///
/// The same text always gives the same parts, so that "part 3 of 5" means the same after a restart.
enum TextSplitter {
    /// Telegram takes "1-4096 characters after entities parsing"; its clients count them in UTF-16 units, and a text
    /// that keeps the limit in those keeps it in any other count.
    ///
    /// Source: Bot API, sendMessage (https://core.telegram.org/bots/api#sendmessage).
    static let limit = 4096

    /// At least one part for a text with a visible character. A line end at which is cut is left out.
    static func parts(of text: String, limit: Int = limit) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            let (part, remainder) = cut(rest, limit)
            // Telegram refuses what has nothing to see.
            if part.contains(where: { !$0.isWhitespace }) { parts.append(String(part)) }
            rest = remainder
        }
        return parts
    }

    private static func cut(_ text: Substring, _ limit: Int) -> (part: Substring, rest: Substring) {
        let end = lastBoundary(in: text, limit)
        guard end < text.endIndex else { return (text, text[end...]) }
        let window = text[..<end]
        for isBreak in [{ (character: Character) in character.isNewline }, { $0.isWhitespace }] {
            if isBreak(text[end]) { return (window, text[text.index(after: end)...]) }
            if let position = window.lastIndex(where: isBreak), position > text.startIndex {
                return (text[..<position], text[text.index(after: position)...])
            }
        }
        return (window, text[end...])
    }

    /// The last place between two characters that leaves at most `limit` units before it. A character that is longer
    /// than that by itself is cut between its scalars.
    private static func lastBoundary(in text: Substring, _ limit: Int) -> Substring.Index {
        var count = 0
        var end = text.startIndex
        while end < text.endIndex {
            let next = text.index(after: end)
            count += text[end..<next].utf16.count
            if count > limit { break }
            end = next
        }
        if end > text.startIndex || text.isEmpty { return end }
        count = 0
        for index in text.unicodeScalars.indices {
            count += text.unicodeScalars[index].utf16.count
            if count > limit { return index }
        }
        return text.endIndex
    }
}
