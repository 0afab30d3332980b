import Contracts
import ServiceRuntime

/// What callers are told.
enum EventAnswer {
    private static let stored = FastAnswer(json: Array(#"{"stored":1,"duplicates":0,"rejected":[]}"#.utf8))
    private static let duplicate = FastAnswer(json: Array(#"{"stored":0,"duplicates":1,"rejected":[]}"#.utf8))
    private static let logged = FastAnswer(json: Array(#"{"stored":1,"duplicates":0,"rejected":[],"logged":1}"#.utf8))
    static let queued = FastAnswer(json: Array(#"{"accepted":1,"rejected":[]}"#.utf8), status: .accepted)
    /// What the original answered.
    static let ok = FastAnswer(json: Array("ok".utf8), headers: [.contentType: "text/plain; charset=utf-8"])

    /// To one event that came alone.
    static func single(_ outcome: Outcome) -> FastAnswer {
        switch outcome {
        case .stored: stored
        case .duplicate: duplicate
        case .logged: logged
        case .rejected(let rejection):
            FastAnswer(error: DomainError(.invalid, slug: rejection.type, detail: rejection.detail))
        case .failed(let failure): FastAnswer(error: failure.refusal)
        }
    }

    /// To an array or a stream.
    static func summary(_ summary: Submission.Summary, accepted: Int?) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        if let accepted {
            json.field("accepted", Int64(accepted))
        } else {
            json.field("stored", Int64(summary.stored))
            json.field("duplicates", Int64(summary.duplicates))
        }
        json.key("rejected")
        json.beginArray()
        for (line, rejection) in summary.rejected.sorted(by: { $0.line < $1.line }) {
            json.beginObject()
            json.field("line", Int64(line))
            json.field("type", rejection.type)
            json.field("detail", rejection.detail)
            json.endObject()
        }
        json.endArray()
        if summary.rejectedCount > summary.rejected.count { json.field("rejectedCount", Int64(summary.rejectedCount)) }
        if summary.logged > 0 { json.field("logged", Int64(summary.logged)) }
        json.endObject()
        return json.bytes
    }
}

extension StoreFailure {
    /// What a caller is told who has to come again.
    var refusal: DomainError {
        switch self {
        case .storeUnavailable:
            DomainError(
                .unavailable, slug: rawValue, detail: "The event log's store is not reachable; send it again.",
                retryAfter: 2)
        case .recoveryLogFull:
            DomainError(
                .unavailable, slug: rawValue,
                detail: "The store is not reachable and the recovery log takes no more; send it again later.",
                retryAfter: 5)
        case .bufferFull:
            DomainError(
                .overloaded, slug: rawValue, detail: "Events come faster than they can be stored; send it again.",
                retryAfter: 1)
        case .stopping:
            DomainError(.unavailable, slug: rawValue, detail: "The service is stopping; send it again.", retryAfter: 1)
        }
    }
}
