import Contracts
import Resilience

/// A message that no retry can mend; it goes to the dead letters with this reason.
public struct BadMessage: FailureClassifying, CustomStringConvertible {
    /// Short stable name, such as `malformed-data`.
    public let reason: String
    /// What is wrong with it, without its content.
    public let detail: String

    public init(_ reason: String, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    public var failureKind: FailureKind { .permanent }
    public var description: String { "\(reason): \(detail)" }
}

extension EventEnvelope {
    /// The event's data as `Data`.
    ///
    /// - Throws: ``BadMessage`` that names the field which is missing or has the wrong type.
    public func decode<Data: EventData>(_ type: Data.Type = Data.self) throws(BadMessage) -> Data {
        let value: Data
        do {
            value = try JSON.decode(type, from: data)
        } catch let error as DecodingError {
            throw BadMessage("malformed-data", error.fieldDescription)
        } catch {
            throw BadMessage("malformed-data", "the data cannot be read")
        }
        guard value.id > 0, value.version > 0 else {
            throw BadMessage("malformed-data", "id and version must be greater than zero")
        }
        return value
    }
}

extension DecodingError {
    fileprivate var fieldDescription: String {
        func path(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
            (context.codingPath + (last.map { [$0] } ?? [])).map(\.stringValue).joined(separator: ".")
        }
        return switch self {
        case .keyNotFound(let key, let context): "the field \(path(context, key)) is missing"
        case .typeMismatch(_, let context): "the field \(path(context)) has the wrong type"
        case .valueNotFound(_, let context): "the field \(path(context)) is null"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "the data is not JSON" : "the field \(path(context)) has a value that is not known"
        @unknown default: "the data cannot be read"
        }
    }
}
