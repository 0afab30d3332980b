import Foundation
import Hummingbird

/// `/livez`, `/readyz`, `/metrics` and `/openapi.yaml`.
struct OperationalRoutes: RouteModule {
    let openAPI: String
    let livenessFile: String?
    let readiness: Readiness
    let metrics: PrometheusRegistry

    func register(on router: ServiceRouter) {
        router.get("/livez", for: .everyone) { _, _ in live() }
        router.get("/readyz", for: .everyone) { _, _ in
            let report = await readiness.report()
            return Answer.bytes(report.json, status: report.isReady ? .ok : .serviceUnavailable)
        }
        router.get("/metrics", for: .everyone) { _, _ in
            Answer.bytes(metrics.exposition(), headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"])
        }
        router.get("/openapi.yaml", for: .everyone) { _, _ in
            Answer.bytes(Array(openAPI.utf8), headers: [.contentType: "application/yaml"])
        }
    }

    private func live() -> Response {
        if let livenessFile, !FileManager.default.fileExists(atPath: livenessFile) {
            return Answer.bytes(
                Array(#"{"status":"not live","detail":"LIVENESS_FILE is missing"}"#.utf8), status: .serviceUnavailable)
        }
        return Answer.bytes(Array(#"{"status":"live"}"#.utf8))
    }
}
