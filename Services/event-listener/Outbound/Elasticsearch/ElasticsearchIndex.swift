import Contracts
import Foundation
import HTTPClient

/// Sends documents to the index; one request a call, no retries.
struct ElasticsearchIndex: Sendable {
    let settings: ElasticsearchSettings
    let client: HTTPClient

    /// Why a whole request was not taken.
    enum Refusal: Error, Sendable, Hashable, CustomStringConvertible {
        /// The body is too large (413), or cannot be read as a whole (400): smaller parts may pass.
        case tooMuch(Int)
        /// Not now.
        case unavailable(String)

        var description: String {
            switch self {
            case .tooMuch(let status): "refused as a whole with \(status)"
            case .unavailable(let reason): reason
            }
        }
    }

    /// - Returns: What became of each event.
    func send(_ events: ArraySlice<Event>) async throws(Refusal) -> [BulkOutcome] {
        let fields = "items.*.status,items.*.error.type,items.*.error.reason"
        let answer = try await request(
            "POST", "/\(settings.index)/_bulk?filter_path=\(fields)", "application/x-ndjson", BulkRequest.body(events))
        switch answer.status {
        case 200..<300:
            guard let outcomes = BulkAnswer.outcomes(answer.body, count: events.count) else {
                throw .unavailable("the answer is not that of a bulk request")
            }
            return outcomes
        case 413, 400: throw .tooMuch(answer.status)
        default: throw .unavailable("answered \(answer.status)")
        }
    }

    /// Tells the index how to read the fields. Done again, it changes nothing.
    func putTemplate() async throws(Refusal) {
        let template = String(decoding: PackageResources.index_template_json, as: UTF8.self)
            .replacingOccurrences(of: "\"eventlog\"", with: "\"\(settings.index)\"")
        let answer = try await request(
            "PUT", "/_index_template/\(settings.index)", "application/json", Array(template.utf8))
        guard answer.isSuccess else { throw .unavailable("the index template was answered with \(answer.status)") }
    }

    private func request(
        _ method: String, _ path: String, _ type: String, _ body: [UInt8]
    ) async throws(Refusal) -> HTTPResponse {
        var headers = [(name: "content-type", value: type)]
        if let authorization = settings.authorization { headers.append(("authorization", authorization)) }
        do {
            return try await client.send(
                HTTPRequest(
                    method: method, url: settings.url + path, headers: headers, body: body, timeout: settings.timeout,
                    maxResponseBytes: 8 << 20))
        } catch {
            throw .unavailable("\(error)")
        }
    }
}
