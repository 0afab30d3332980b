import Contracts

/// Names of groups. They travel in a header of each callback, so they are visible ASCII.
enum GroupName {
    static let maxLength = 200

    /// - Errors: 400 `invalid-group`.
    static func check(_ name: String) throws -> String {
        guard (1...maxLength).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw DomainError(
                .malformed, slug: "invalid-group",
                detail: "A group's name must be 1 to \(maxLength) visible ASCII characters without spaces.")
        }
        return name
    }
}
