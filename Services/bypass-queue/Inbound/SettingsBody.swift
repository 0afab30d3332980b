import Contracts
import ServiceRuntime

/// The body of `PUT /queues/{group}`. What it does not say becomes the default; the secret stays.
struct SettingsBody: JSONBody {
    static let fields = ["callbackUrl", "policy", "retryWindow", "timeout", "orderWindow", "secret"]
    let callbackURL: String?
    let policy: FailurePolicy
    let retryWindow: Duration?
    let timeout: Duration?
    let orderWindow: Duration?
    let secret: SigningSecret?

    init(_ fields: inout JSONFields) throws {
        callbackURL = try fields.optionalString("callbackUrl", minLength: 1, maxLength: CallbackURL.maxLength)
        policy = try fields.optionalChoice("policy") ?? .block
        retryWindow = try fields.optionalDuration("retryWindow", in: .zero ... .seconds(30 * 86_400))
        timeout = try fields.optionalDuration("timeout", in: .milliseconds(50) ... .seconds(600))
        orderWindow = try fields.optionalDuration("orderWindow", in: .zero ... .seconds(60))
        secret = try fields.optionalString("secret", minLength: 1, maxLength: 100).map { try SigningSecret($0) }
    }

    /// - Errors: 422 for a callback URL that is not allowed, and for a time-out that the lease has no room for.
    func change(_ rules: CallbackRules, _ defaults: GroupDefaults) throws -> SettingsChange {
        if let callbackURL { _ = try rules.check(callbackURL) }
        if let timeout, timeout > defaults.maxTimeout {
            throw DomainError.invalidField(
                "timeout",
                "must be at most \(DurationText.format(defaults.maxTimeout)): a callback ends before its lease")
        }
        return SettingsChange(
            callbackURL: callbackURL, policy: policy, retryWindow: retryWindow, timeout: timeout,
            orderWindow: orderWindow ?? .zero, secret: secret)
    }
}

extension JSONFields {
    /// A time span: a text such as `250ms`, `2s`, `1m`, `24h`, or a whole number of milliseconds.
    fileprivate func optionalDuration(_ name: String, in range: ClosedRange<Duration>) throws -> Duration? {
        let duration: Duration?
        switch raw(name) {
        case nil, .null?: return nil
        case .string(let text)?: duration = DurationText.parse(text)
        case let value?: duration = value.int64.flatMap { $0 < 1 << 40 ? .milliseconds($0) : nil }
        }
        guard let duration, range.contains(duration) else {
            let bounds = (DurationText.format(range.lowerBound), DurationText.format(range.upperBound))
            throw invalid(
                name, "must be a time from \(bounds.0) to \(bounds.1), such as \"250ms\", \"2s\", \"1m\" or \"24h\"")
        }
        return duration
    }
}
