import Hummingbird
import NIOCore
import NIOHTTP1

extension Request {
    /// The whole body.
    ///
    /// - Errors: 413 `body-too-large`; a declared length is refused before anything is read.
    public func bytes(limit: Int = RequestBodyLimit.standard) async throws -> [UInt8] {
        let declared = headers[.contentLength].flatMap { Int($0) }
        if let declared, declared > limit { throw DomainError.bodyTooLarge(limit: limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(declared ?? 0)
        for try await var buffer in body {
            guard bytes.count + buffer.readableBytes <= limit else { throw DomainError.bodyTooLarge(limit: limit) }
            bytes.append(contentsOf: buffer.readBytes(length: buffer.readableBytes) ?? [])
        }
        // Half a body must never pass for a whole one.
        guard declared == nil || declared == bytes.count else { throw HTTPParserError.invalidEOFState }
        return bytes
    }

    /// The body as a JSON object of known fields.
    ///
    /// - Errors: 415 `unsupported-media-type`, 413 `body-too-large`, 400 `malformed-json`, and 422 `unknown-field`,
    ///   `missing-field` and `invalid-field`, each naming the field and what to change.
    public func decode<Body: JSONBody>(_ type: Body.Type, _ context: ServiceRequestContext) async throws -> Body {
        try Body(json: try await jsonBytes())
    }

    /// The body of a write, with the context that goes with it to the store.
    ///
    /// - Parameter refuse: Called with what is wrong with the body; it remembers the refusal under the request's
    ///   `Idempotency-Key` and throws it. Repositories offer it.
    /// - Errors: Those of ``decode(_:_:)`` and of ``ServiceRequestContext/writeContext(body:)``.
    public func write<Body: JSONBody>(
        _ type: Body.Type, _ context: ServiceRequestContext,
        refuse: (DomainError, WriteContext) async throws -> Never
    ) async throws -> (body: Body, context: WriteContext) {
        let bytes = try await jsonBytes()
        let write = try context.writeContext(body: bytes)
        do {
            return (try Body(json: bytes), write)
        } catch let error as DomainError {
            try await refuse(error, write)
        }
    }

    private func jsonBytes() async throws -> [UInt8] {
        guard MediaTypes.isJSON(headers[.contentType]) else {
            throw DomainError(
                .unsupportedMediaType, slug: "unsupported-media-type",
                detail: "The body must be JSON: send it with Content-Type: application/json.")
        }
        return try await bytes()
    }
}

/// The media types that bodies may have.
public enum MediaTypes {
    /// `application/json`, with or without `charset=utf-8`.
    public static func isJSON(_ header: String?) -> Bool {
        header == "application/json" || `is`("application/json", header)
    }

    /// `application/x-ndjson`: JSON texts, each on a line of its own.
    public static func isLines(_ header: String?) -> Bool {
        header != "application/json" && `is`("application/x-ndjson", header)
    }

    private static func `is`(_ type: String, _ header: String?) -> Bool {
        guard let header else { return false }
        let parts = header.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard parts.first == type else { return false }
        return parts.dropFirst().allSatisfy {
            !$0.hasPrefix("charset=") || $0.hasSuffix("utf-8") || $0 == "charset=\"utf-8\""
        }
    }
}
