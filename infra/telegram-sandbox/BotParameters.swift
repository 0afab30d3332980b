import Foundation
import Hummingbird

/// The parameters of a Bot API call: from the query, an HTML form or a JSON object.
struct BotParameters: Sendable {
    private var values: [String: String] = [:]

    /// Reads the whole request; throws a `BotError` when it cannot be read.
    init(_ request: Request) async throws {
        for (name, value) in request.uri.queryParameters {
            values[String(name)] = String(value)
        }
        guard let body = try? await request.body.collect(upTo: 1 << 20) else {
            throw BotError(413, "Request Entity Too Large")
        }
        guard body.readableBytes > 0 else { return }
        let type = request.headers[.contentType]?.lowercased() ?? ""
        if type.hasPrefix("application/json") {
            let json = Data(body.readableBytesView)
            guard let fields = try? JSONDecoder().decode([String: BotParameter].self, from: json) else {
                throw BotError(400, "Bad Request: can't parse the JSON object")
            }
            values.merge(fields.mapValues(\.text)) { $1 }
        } else if type.hasPrefix("application/x-www-form-urlencoded") {
            let form = try? URLEncodedFormDecoder().decode([String: String].self, from: String(buffer: body))
            guard let form else { throw BotError(400, "Bad Request: can't parse the form") }
            values.merge(form) { $1 }
        } else {
            throw BotError(400, "Bad Request: the sandbox takes JSON and URL-encoded forms only")
        }
    }

    /// A parameter's value; an empty one counts as absent.
    subscript(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
