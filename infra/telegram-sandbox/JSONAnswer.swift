import Foundation
import Hummingbird

/// Answers in JSON.
enum JSONAnswer {
    /// As the sandbox's own routes answer: names as they stand in the types.
    static func response(
        status: HTTPResponse.Status = .ok, type: String = "application/json", _ value: some Encodable
    ) throws -> Response {
        response(status: status, type: type, headers: [:], body: try encoder.encode(value))
    }

    /// As the Bot API answers: names in snake case.
    static func bot(
        status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], _ value: some Encodable
    ) throws -> Response {
        response(status: status, type: "application/json", headers: headers, body: try botEncoder.encode(value))
    }

    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return encoder
    }

    static var botEncoder: JSONEncoder {
        let encoder = encoder
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }

    private static func response(
        status: HTTPResponse.Status, type: String, headers: HTTPFields, body: Data
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }
}
