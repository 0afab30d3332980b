import DashboardAssets
import ServiceRuntime

/// The page and its files; they are part of the executable.
struct PageRoutes: RouteModule {
    private struct File {
        let path: String
        let name: String
        let type: String
    }

    private static let files = [
        File(path: "/", name: "index.html", type: "text/html; charset=utf-8"),
        File(path: "/style.css", name: "style.css", type: "text/css; charset=utf-8"),
        File(path: "/app.js", name: "app.js", type: "text/javascript; charset=utf-8"),
        File(path: "/chart.js", name: "chart.js", type: "text/javascript; charset=utf-8"),
        File(path: "/d3.min.js", name: "d3.min.js", type: "text/javascript; charset=utf-8"),
        File(path: "/d3.LICENSE", name: "d3.LICENSE", type: "text/plain; charset=utf-8"),
    ]

    func register(on router: ServiceRouter) {
        for file in Self.files {
            let bytes = Self.bytes(file.name)
            let tag = EntityTag(of: bytes)
            let headers: HTTPFields = [
                .contentType: file.type, .cacheControl: "no-cache", .eTag: tag.text,
                .contentSecurityPolicy: "default-src 'self'; img-src 'self' data:",
                .xContentTypeOptions: "nosniff",
            ]
            router.get(file.path, for: .everyone, query: file.path == "/" ? ["type"] : []) { request, _ in
                if let known = request.headers[.ifNoneMatch], tag.isListed(in: known) {
                    return Response(status: .notModified, headers: headers)
                }
                return Answer.bytes(bytes, headers: headers)
            }
        }
    }

    private static func bytes(_ name: String) -> [UInt8] {
        var size: UInt = 0
        guard let start = dashboard_asset(name, &size) else { preconditionFailure("no file \(name) in the executable") }
        return Array(UnsafeBufferPointer(start: start, count: Int(size)))
    }
}
