/// Lets only lines pass that match, or only those that do not.
struct RegexFilterInterceptor: Interceptor, InterceptorSettings {
    static let type = "regex-filter"
    let pattern: Pattern
    let excludes: Bool

    init(_ section: inout Section) throws(ConfigFault) {
        let text = try section.string("pattern")
        pattern = try Pattern(text, "pattern", section)
        excludes = try section.bool("exclude", default: false)
    }

    func make() throws -> any Interceptor { self }

    func intercept(_ event: Event) -> Event? { (pattern.firstMatch(in: event.body) != nil) != excludes ? event : nil }
}
