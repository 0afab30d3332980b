/// Adds the same header to every line.
struct StaticInterceptor: Interceptor, InterceptorSettings {
    static let type = "static"
    let header: String
    let value: String

    init(_ section: inout Section) throws(ConfigFault) {
        header = try section.string("header")
        value = try section.string("value")
    }

    func make() throws -> any Interceptor { self }

    func intercept(_ event: Event) -> Event? {
        var event = event
        event[header: header] = value
        return event
    }
}
