import Digest
import Foundation

/// Adds a UUID that is the line's own: a line that is read again gets the same one (version 8, of the id's SHA-256).
struct UUIDInterceptor: Interceptor, InterceptorSettings {
    static let type = "uuid"
    let header: String

    init(_ section: inout Section) throws(ConfigFault) { header = try section.string("header", default: "uuid") }

    func make() throws -> any Interceptor { self }

    func intercept(_ event: Event) -> Event? {
        var event = event
        var bytes = Array(SHA256.digest(of: Array(event.id.description.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        let uuid = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        event[header: header] = uuid.text
        return event
    }
}
