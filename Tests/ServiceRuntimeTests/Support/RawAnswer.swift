import Foundation

/// An HTTP answer taken from the bytes of a connection.
struct RawAnswer {
    let status: Int
    let headers: [String: String]
    let body: String

    subscript(header: String) -> String? { headers[header.lowercased()] }

    /// The `type` of a problem.
    var slug: String? { json["type"] as? String }

    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }

    /// All complete answers; bodies must be ASCII and have a `Content-Length` (or none).
    static func parse(_ text: String, head: Bool = false) -> [RawAnswer] {
        var rest = text[...]
        var answers: [RawAnswer] = []
        while let end = rest.range(of: "\r\n\r\n") {
            let lines = rest[..<end.lowerBound].components(separatedBy: "\r\n")
            let status = Int(lines[0].split(separator: " ")[1]) ?? 0
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let pair = line.split(separator: ":", maxSplits: 1)
                headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
            }
            let length = head ? 0 : Int(headers["content-length"] ?? "0") ?? 0
            rest = rest[end.upperBound...]
            guard rest.utf8.count >= length else { break }
            let body = String(rest.prefix(length))
            rest = rest.dropFirst(length)
            answers.append(RawAnswer(status: status, headers: headers, body: body))
        }
        return answers
    }
}
