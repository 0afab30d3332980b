import HTTPTypes

/// Which methods each path pattern takes, for 405, `Allow` and OPTIONS.
struct RouteTable: Sendable {
    private var routes: [(pattern: [Substring], method: HTTPRequest.Method)] = []

    mutating func add(_ pattern: String, _ method: HTTPRequest.Method) {
        routes.append((Self.parts(pattern), method))
    }

    /// The value of `Allow` for a path, or `nil` when no route has it.
    func allowedMethods(path: String) -> String? {
        let parts = Self.parts(path)
        let matching = routes.filter { Self.matches($0.pattern, parts) }
        // Like the router: where a literal matches, the parameter beside it does not count.
        guard let pattern = matching.map(\.pattern).min(by: Self.isMoreSpecific) else { return nil }
        var methods = Set(matching.filter { $0.pattern == pattern }.map(\.method.rawValue))
        if methods.contains("GET") { methods.insert("HEAD") }
        methods.insert("OPTIONS")
        return methods.sorted().joined(separator: ", ")
    }

    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
            .split(separator: "/").map { Substring($0) }
    }

    private static func isMoreSpecific(_ left: [Substring], _ right: [Substring]) -> Bool {
        left.map { $0.hasPrefix("{") ? 1 : 0 }.lexicographicallyPrecedes(right.map { $0.hasPrefix("{") ? 1 : 0 })
    }

    private static func matches(_ pattern: [Substring], _ parts: [Substring]) -> Bool {
        pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
