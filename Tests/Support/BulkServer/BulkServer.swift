import Foundation
import Hummingbird
import Logging
import Synchronization

/// A test server that speaks Elasticsearch's bulk API as its reference describes it: newline-delimited actions and
/// documents in, a status for each item out. It keeps the documents by id and can be made to fail.
///
/// It is no Elasticsearch: it searches nothing, checks no mapping and forgets all at its end.
public final class BulkServer: Sendable {
    private struct State {
        var faults = BulkFaults()
        var documents: [String: String] = [:]
        var writes = 0
        var requests = 0
        var template: String?
        var random = SystemRandomNumberGenerator()
    }

    public let port: Int
    private let state = Mutex(State())

    public init(port: Int) { self.port = port }

    public var url: String { "http://127.0.0.1:\(port)" }
    /// By id; the last write of an id counts.
    public var documents: [String: String] { state.withLock { $0.documents } }
    /// Items that were written, repeats included.
    public var writes: Int { state.withLock { $0.writes } }
    public var requests: Int { state.withLock { $0.requests } }
    public var template: String? { state.withLock { $0.template } }

    public func set(_ faults: BulkFaults) { state.withLock { $0.faults = faults } }

    /// Serves until the task is cancelled. Can be run again afterwards: what was indexed is still there.
    public func run() async throws {
        let router = Router()
        router.put("/_index_template/:name") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            self.state.withLock { $0.template = String(buffer: body) }
            return Self.json(.ok, #"{"acknowledged":true}"#)
        }
        router.post("/:index/_bulk") { request, context in
            let index = context.parameters.get("index") ?? ""
            let faults = self.state.withLock { state in
                state.requests += 1
                return state.faults
            }
            if faults.delay > .zero { try await Task.sleep(for: faults.delay) }
            if let authorization = faults.authorization, request.headers[.authorization] != authorization {
                return Self.problem(.unauthorized, "security_exception", "missing authentication credentials")
            }
            if let status = faults.status {
                return Self.problem(.init(code: status), "es_rejected_execution_exception", "refused on purpose")
            }
            let body = try await request.body.collect(upTo: 256 << 20)
            guard body.readableBytes <= faults.maxBytes else { return Response(status: .contentTooLarge) }
            guard request.headers[.contentType] == "application/x-ndjson" else {
                return Self.problem(.notAcceptable, "media_type_header_exception", "Content-Type is not supported")
            }
            return self.take(String(buffer: body), index, faults)
        }
        var logger = Logger(label: "bulk-server")
        logger.logLevel = .critical
        try await Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger
        ).run()
    }

    private func take(_ body: String, _ index: String, _ faults: BulkFaults) -> Response {
        guard body.hasSuffix("\n") else {
            return Self.problem(
                .badRequest, "illegal_argument_exception", "The bulk request must be terminated by a newline [\\n]")
        }
        let lines = body.split(separator: "\n")
        var items: [String] = []
        var hasErrors = false
        for pair in stride(from: 0, to: lines.count, by: 2) {
            guard pair + 1 < lines.count, let id = Self.id(of: lines[pair]) else {
                return Self.problem(.badRequest, "illegal_argument_exception", "Malformed action/metadata line")
            }
            let document = String(lines[pair + 1])
            let isBusy = faults.shareRefused > 0 && Double.random(in: 0..<1) < faults.shareRefused
            if let poison = faults.poison, document.contains(poison) {
                hasErrors = true
                items.append(
                    Self.item(index, id, 400, error: ("document_parsing_exception", "failed to parse field [etc_num1]"))
                )
            } else if isBusy {
                hasErrors = true
                items.append(
                    Self.item(
                        index, id, 429, error: ("es_rejected_execution_exception", "rejected execution of coordinating")
                    ))
            } else {
                let isNew = state.withLock { state in
                    state.writes += 1
                    return state.documents.updateValue(document, forKey: id) == nil
                }
                items.append(Self.item(index, id, isNew ? 201 : 200, error: nil))
            }
        }
        return Self.json(.ok, #"{"took":1,"errors":\#(hasErrors),"items":[\#(items.joined(separator: ","))]}"#)
    }

    private static func id(of action: Substring) -> String? {
        struct Action: Decodable {
            struct Target: Decodable { let _id: String }
            let index: Target
        }
        return try? JSONDecoder().decode(Action.self, from: Data(action.utf8)).index._id
    }

    private static func item(_ index: String, _ id: String, _ status: Int, error: (String, String)?) -> String {
        let rest =
            error.map { #""error":{"type":"\#($0)","reason":"\#($1)"}"# }
            ?? #""_version":1,"result":"\#(status == 201 ? "created" : "updated")","_seq_no":1,"_primary_term":1"#
        return #"{"index":{"_index":"\#(index)","_id":"\#(id)","status":\#(status),\#(rest)}}"#
    }

    private static func problem(_ status: HTTPResponse.Status, _ type: String, _ reason: String) -> Response {
        let cause = #"{"type":"\#(type)","reason":"\#(reason)"}"#
        return json(
            status,
            #"{"error":{"root_cause":[\#(cause)],"type":"\#(type)","reason":"\#(reason)"},"status":\#(status.code)}"#)
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
