import Auth
import Contracts
import HTTPTypes
import NIOCore

/// Lets senders in that have no token, by what ``SenderSecrets`` knows of them.
///
/// With `AUTH=on` an intake route takes a token of role `service` or such a proof. With `AUTH=off` its handler asks
/// ``SenderSecrets`` itself.
public struct SenderProof: Admission {
    /// Where a request says whom it is from.
    public enum Place: Sendable {
        /// A segment of the path, counted from 0.
        case segment(Int)
        /// A query parameter.
        case query(String)
    }

    private let secrets: SenderSecrets
    private let place: Place

    public init(_ secrets: SenderSecrets, sender place: Place) {
        self.secrets = secrets
        self.place = place
    }

    public func isMeant(by head: HTTPRequest) -> Bool {
        secrets.isConfigured && SenderSecrets.isProof(head.headerFields)
    }

    public func needsBody(_ head: HTTPRequest) -> Bool { head.headerFields[.apiKey] == nil }

    public func admit(_ head: HTTPRequest, body: ByteBuffer?) throws(DomainError) -> Caller {
        let sender = sender(head)
        try secrets.require(sender, headers: head.headerFields, body: body.map { Array(buffer: $0) })
        return Caller(subject: "sender:\(sender ?? "-")", roles: .service)
    }

    private func sender(_ head: HTTPRequest) -> String? {
        let parts = (head.path ?? "").split(separator: "?", maxSplits: 1)
        switch place {
        case .segment(let index):
            let segments = (parts.first ?? "").split(separator: "/")
            // A name that cannot be read is nobody's: with no name at all any sender's secret would do.
            return index < segments.count ? PercentEncoding.decode(segments[index], plusIsSpace: false) ?? "" : ""
        case .query(let name):
            for part in parts.dropFirst().first?.split(separator: "&") ?? [] where part.hasPrefix("\(name)=") {
                return PercentEncoding.decode(part.dropFirst(name.count + 1), plusIsSpace: true)
            }
            return nil
        }
    }
}
