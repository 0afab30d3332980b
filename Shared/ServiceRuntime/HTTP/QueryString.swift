/// A query string taken apart and checked against the parameters that the route knows.
enum QueryString {
    static func parse(
        _ path: String, allowing known: [String]
    ) throws(DomainError) -> [(name: String, value: String)] {
        guard let mark = path.utf8.firstIndex(of: 0x3F) else { return [] }
        var items: [(name: String, value: String)] = []
        for part in path[path.index(after: mark)...].split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(pair[0], plusIsSpace: true),
                let value = PercentEncoding.decode(pair.count > 1 ? pair[1] : "", plusIsSpace: true)
            else {
                throw DomainError(
                    .malformed, slug: "invalid-parameter", detail: "The query must be percent-encoded UTF-8.")
            }
            guard known.contains(name) else {
                let hint = known.isEmpty ? "takes none" : "takes \(known.joined(separator: ", "))"
                throw DomainError(
                    .malformed, slug: "unknown-parameter",
                    detail:
                        "There is no query parameter \"\(SafeText.singleLine(name, limit: 60))\"; this route \(hint).")
            }
            guard !items.contains(where: { $0.name == name }) else {
                throw DomainError(
                    .malformed, slug: "invalid-parameter",
                    detail: "The query parameter \(name) must be given only once.")
            }
            items.append((name, value))
        }
        return items
    }
}
