import Contracts
import Foundation
import ServiceRuntime

/// What is stored, what waits, and the pages for people.
struct ReadRoutes: RouteModule {
    private static let filters = [
        "type", "action", "from", "to", "correlationId", "customerId", "missionId", "order", "limit", "after",
    ]

    private enum Order: String, CaseIterable { case oldest, newest }

    let repository: any EventRepository
    /// The body of `GET /buffer`.
    let buffer: @Sendable () -> [UInt8]

    func register(on router: ServiceRouter) {
        router.get("/events/{uuid}", for: [.operator]) { _, context in
            guard let uuid = UUID(text: try context.pathText("uuid")) else {
                throw DomainError(.malformed, slug: "invalid-id", detail: "The uuid in the path must be a UUID.")
            }
            guard let event = try await repository.find(uuid) else {
                throw DomainError(.notFound, slug: "unknown-event", detail: "There is no event \(uuid) here.")
            }
            var json = EventJSON()
            json.write(event)
            return Answer.bytes(json.bytes)
        }
        router.get("/events", for: [.operator], query: Self.filters) { _, context in
            let (events, next) = try await repository.list(try context.query(Self.query))
            return Answer.bytes(EventJSON.page(events, next: next?.text))
        }
        router.get("/buffer", for: [.operator]) { _, _ in Answer.bytes(buffer()) }
        // One page each for all sagas and searches: what they show they fetch from the routes above, with the reader's
        // token. The pages themselves tell nothing.
        router.get("/sagas", for: .everyone, query: ["customerId", "missionId"]) { _, context in
            _ = try context.query { (try $0.id("customerId"), try $0.id("missionId")) }
            return Self.file(PackageResources.search_html, "text/html; charset=utf-8")
        }
        router.get("/sagas/{correlationId}", for: .everyone) { _, context in
            let id = try context.pathText("correlationId", maxLength: EventLimit.correlationID)
            guard id.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._:-]*/) != nil else {
                throw DomainError(
                    .malformed, slug: "invalid-path",
                    detail: "A correlation id is made of letters, digits and -_.: and begins with a letter or digit.")
            }
            return Self.file(PackageResources.saga_html, "text/html; charset=utf-8")
        }
        router.get("/sagas/page.css", for: .everyone) { _, _ in
            Self.file(PackageResources.page_css, "text/css; charset=utf-8")
        }
        router.get("/sagas/page.js", for: .everyone) { _, _ in
            Self.file(PackageResources.page_js, "text/javascript; charset=utf-8")
        }
    }

    private static func query(_ reader: inout QueryReader) throws -> EventQuery {
        var query = EventQuery()
        query.type = try reader.string("type", maxLength: EventLimit.type)
        query.action = try reader.string("action", maxLength: EventLimit.action)
        query.from = try reader.timestamp("from")
        query.to = try reader.timestamp("to")
        query.correlationID = try reader.string("correlationId", maxLength: EventLimit.correlationID)
        query.customerID = try reader.id("customerId").map { "\($0)" }
        query.missionID = try reader.id("missionId").map { "\($0)" }
        query.newestFirst = try reader.choice("order", of: Order.self) == .newest
        query.limit = try reader.int("limit", in: 1...500) ?? 50
        if let after = try reader.string("after") {
            guard let place = EventPlace(text: after) else {
                throw DomainError(
                    .malformed, slug: "invalid-parameter",
                    detail: "The query parameter after must be the next of the page before.")
            }
            query.after = place
        }
        return query
    }

    private static func file(_ bytes: [UInt8], _ type: String) -> Response {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-cache"]
        // Nothing but our own files, and nothing that an event could bring along.
        headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'"
        headers[.xContentTypeOptions] = "nosniff"
        return Answer.bytes(bytes, headers: headers)
    }
}
