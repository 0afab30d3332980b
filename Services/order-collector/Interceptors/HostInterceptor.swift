import Foundation

/// Adds the name of the host that the collector runs on.
struct HostInterceptor: Interceptor, InterceptorSettings {
    static let type = "host"
    let header: String
    private let host = ProcessInfo.processInfo.hostName

    init(_ section: inout Section) throws(ConfigFault) { header = try section.string("header", default: "host") }

    func make() throws -> any Interceptor { self }

    func intercept(_ event: Event) -> Event? {
        var event = event
        event[header: header] = host
        return event
    }
}
