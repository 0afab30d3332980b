/// How large a body may be.
public enum RequestBodyLimit {
    /// 1 MiB.
    public static let standard = 1 << 20
}

extension DomainError {
    static func bodyTooLarge(limit: Int) -> DomainError {
        DomainError(.tooLarge, slug: "body-too-large", detail: "The body must not be larger than \(limit) bytes.")
    }
}
