import Contracts
import ServiceRuntime

/// Reads the answer to a `_bulk` request: 200 says only that it was read; each item has a status of its own.
///
/// Source: Elasticsearch reference, Bulk API, response body.
enum BulkAnswer {
    /// - Returns: The outcomes in the order of the request; `nil` when the answer is not what it should be.
    static func outcomes(_ body: [UInt8], count: Int) -> [BulkOutcome]? {
        guard case .object(let members)? = try? JSONValue.parse(body),
            case .array(let items)? = members.first(where: { $0.name == "items" })?.value, items.count == count
        else { return nil }
        var outcomes: [BulkOutcome] = []
        for item in items {
            guard case .object(let actions) = item, case .object(let fields)? = actions.first?.value,
                case .number(let text)? = fields.first(where: { $0.name == "status" })?.value, let status = Int(text)
            else { return nil }
            outcomes.append(outcome(status, fields))
        }
        return outcomes
    }

    private static func outcome(_ status: Int, _ fields: [JSONMember]) -> BulkOutcome {
        switch status {
        // 409: the very document is there already.
        case 200..<300, 409: return .indexed
        // What the document itself is guilty of. Anything else, a full queue or a disk above its watermark, passes.
        case 400, 413: return .rejected(reason(fields) ?? "status \(status)")
        default: return .retry(reason(fields) ?? "status \(status)")
        }
    }

    private static func reason(_ fields: [JSONMember]) -> String? {
        guard case .object(let error)? = fields.first(where: { $0.name == "error" })?.value else { return nil }
        let parts = ["type", "reason"].compactMap { name -> String? in
            guard case .string(let text)? = error.first(where: { $0.name == name })?.value else { return nil }
            return String(text.prefix(500))
        }
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }
}
