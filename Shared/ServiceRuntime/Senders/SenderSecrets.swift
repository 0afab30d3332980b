import Digest
import Foundation
import HTTPTypes

/// Admits senders that cannot send tokens: by a secret in `X-Api-Key`, or by a signature of Standard Webhooks.
///
/// A sender has one secret, or two while it changes from one to the other.
public struct SenderSecrets: Sendable, CustomStringConvertible, CustomReflectable {
    /// The name whose secrets are good for any sender.
    private static let anybody = "*"
    /// How far a signature's time may be from ours, in seconds; Standard Webhooks' own choice.
    private static let tolerance: Int64 = 300

    private let secrets: [String: [SenderSecret]]

    public var description: String { "\(secrets.count) senders" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Reads `SENDER_SECRETS`.
    ///
    /// - Parameter sender: What a sender is here, such as "group".
    public init(_ settings: inout SettingsReader, sender: String) throws {
        secrets =
            try settings.optionalValue(
                "SENDER_SECRETS", example: "shop=2d1c0b7f9a8e43561f;billing=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                help: """
                    What senders are admitted by: \(sender)=secret, or \(sender)=new,old while a secret changes, with \
                    semicolons between or a line each; * stands for any \(sender). Without it nobody is asked.
                    """, isSecret: true, parse: SenderSecretsText.parse) ?? [:]
    }

    /// Whether anybody is asked.
    var isConfigured: Bool { !secrets.isEmpty }

    /// Whether a request brings a proof of the kind that is known here, good or bad.
    static func isProof(_ headers: HTTPFields) -> Bool { headers[.apiKey] != nil || headers[.webhookSignature] != nil }

    /// Whether a request comes from whom it says.
    ///
    /// - Parameters:
    ///   - sender: Who it says it is from; `nil` where only its secret can tell.
    ///   - body: The whole body; `nil` of a stream, which cannot be signed.
    ///   - now: Seconds since 1970.
    public func admit(
        _ sender: String?, headers: HTTPFields, body: [UInt8]?, now: Int64 = Int64(Date().timeIntervalSince1970)
    ) -> SenderAdmission {
        if secrets.isEmpty { return .open }
        let keys = headers[values: .apiKey]
        if let key = keys.first, keys.count == 1 { return admit(sender, key: key) }
        guard keys.isEmpty else { return .refused("X-Api-Key was given more than once.") }
        guard let signature = headers[.webhookSignature] else {
            return .refused("Send your secret in X-Api-Key, or sign as Standard Webhooks describes.")
        }
        return admit(sender, signature: signature, headers, body, now: now)
    }

    /// The same, as an error for who is refused.
    ///
    /// - Errors: 401 `sender-not-admitted`.
    public func require(_ sender: String?, headers: HTTPFields, body: [UInt8]?) throws(DomainError) {
        guard case .refused(let reason) = admit(sender, headers: headers, body: body) else { return }
        throw DomainError(.unauthenticated, slug: "sender-not-admitted", detail: reason)
    }

    private func admit(_ sender: String?, key: String) -> SenderAdmission {
        // All are looked at, so that the time does not tell which came close.
        var found: String?
        let digest = SenderSecret.digest(of: key)
        for (name, secrets) in candidates(sender) {
            for secret in secrets where secret.matches(digest: digest) { found = name }
        }
        guard let found else { return .refused("The secret in X-Api-Key is not one that is known here.") }
        return .admitted(sender ?? found)
    }

    private func admit(
        _ sender: String?, signature: String, _ headers: HTTPFields, _ body: [UInt8]?, now: Int64
    ) -> SenderAdmission {
        guard let body else { return .refused("A stream cannot be signed: send the secret in X-Api-Key.") }
        // One sender's secrets are tried and not all: a signature takes time for every one of them.
        guard let sender = sender ?? (secrets.count == 1 ? secrets.keys.first : nil) else {
            return .refused("Say who has signed: add ?source= with your name to the URL.")
        }
        guard let id = headers[.webhookID], let timestamp = headers[.webhookTimestamp].flatMap({ Int64($0) }) else {
            return .refused("A webhook-signature needs webhook-id and webhook-timestamp, in seconds since 1970.")
        }
        guard (now - Self.tolerance...now + Self.tolerance).contains(timestamp) else {
            return .refused("The webhook-timestamp is more than \(Self.tolerance) s away from the time here.")
        }
        let keys = candidates(sender).flatMap { $0.secrets.map(\.key) }
        return WebhookSignature.verify(signature, id: id, timestamp: timestamp, body: body, keys: keys)
            ? .admitted(sender) : .refused("The webhook-signature was not made with a secret that is known here.")
    }

    private func candidates(_ sender: String?) -> [(name: String, secrets: [SenderSecret])] {
        guard let sender else { return secrets.map { (name: $0.key, secrets: $0.value) } }
        return [sender, Self.anybody].compactMap { name in
            guard let own = secrets[name] else { return nil }
            return (name: name, secrets: own)
        }
    }
}
