/// Puts the groups of a match into headers.
struct RegexExtractorInterceptor: Interceptor, InterceptorSettings {
    static let type = "regex-extractor"
    let pattern: Pattern
    /// One for each group.
    let headers: [String]

    init(_ section: inout Section) throws(ConfigFault) {
        let text = try section.string("pattern")
        pattern = try Pattern(text, "pattern", section)
        headers = try section.strings("headers")
        guard headers.count == pattern.groupCount, !headers.isEmpty else {
            throw section.fault("headers", "must name the pattern's \(pattern.groupCount) groups")
        }
    }

    func make() throws -> any Interceptor { self }

    func intercept(_ event: Event) -> Event? {
        guard let groups = pattern.firstMatch(in: event.body) else { return event }
        var event = event
        for (name, value) in zip(headers, groups) { event[header: name] = value }
        return event
    }
}
