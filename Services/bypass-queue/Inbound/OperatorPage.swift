import ServiceRuntime

/// The operator's page: a static document that uses the routes beside it.
struct OperatorPage: RouteModule {
    func register(on router: ServiceRouter) {
        // What it shows it fetches with the operator's token; the page itself tells nothing.
        router.get("/", for: .everyone) { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .cacheControl: "no-cache",
                    .contentSecurityPolicy:
                        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.index_html)))
        }
    }
}
