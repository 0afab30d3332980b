/// The parts of a syslog message (RFC 5424 or the older RFC 3164) that are used: its priority and its text.
struct SyslogMessage: Sendable, Hashable {
    let facility: Int
    let severity: Int
    let text: ArraySlice<UInt8>

    /// `nil` when the line does not begin with a priority.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.first == UInt8(ascii: "<"), let close = line.prefix(6).firstIndex(of: UInt8(ascii: ">")),
            let priority = Int(String(decoding: line[line.index(after: line.startIndex)..<close], as: UTF8.self)),
            (0...191).contains(priority)
        else { return nil }
        (facility, severity) = (priority / 8, priority % 8)
        let rest = line[line.index(after: close)...]
        text = rest.first == UInt8(ascii: "1") ? Self.modern(rest) : Self.old(rest)
    }

    /// `1 TIME HOST APP PROC ID [DATA] TEXT`
    private static func modern(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = line
        for _ in 0..<6 {
            guard let space = rest.firstIndex(of: 0x20) else { return rest }
            rest = rest[(space + 1)...]
        }
        while rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return rest }
            rest = rest[(end + 1)...]
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        rest = rest.drop { $0 == 0x20 }
        return rest.starts(with: [0xEF, 0xBB, 0xBF]) ? rest.dropFirst(3) : rest
    }

    /// `Mmm dd hh:mm:ss HOST TAG: TEXT`
    private static func old(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        for index in line.indices.dropLast() where line[index] == UInt8(ascii: ":") && line[index + 1] == 0x20 {
            return line[(index + 2)...]
        }
        return line
    }
}
