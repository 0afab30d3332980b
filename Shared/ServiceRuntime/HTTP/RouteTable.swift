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
        var methods: Set<String> = []
        for route in routes where Self.matches(route.pattern, parts) { methods.insert(route.method.rawValue) }
        guard !methods.isEmpty else { return nil }
        if methods.contains("GET") { methods.insert("HEAD") }
        methods.insert("OPTIONS")
        return methods.sorted().joined(separator: ", ")
    }

    private static func parts(_ path: String) -> [Substring] {
        path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)[0]
            .split(separator: "/").map { Substring($0) }
    }

    private static func matches(_ pattern: [Substring], _ parts: [Substring]) -> Bool {
        pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
}
