/// Adds when the line was first seen, in milliseconds since 1970.
struct TimestampInterceptor: Interceptor, InterceptorSettings {
    static let type = "timestamp"
    let header: String

    init(_ section: inout Section) throws(ConfigFault) {
        header = try section.string("header", default: "timestamp")
    }

    func make() throws -> any Interceptor { self }

    func intercept(_ event: Event) -> Event? {
        var event = event
        event[header: header] = String(event.seenAt)
        return event
    }
}
