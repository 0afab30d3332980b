/// Names one version of one entity: `mission/42@3`. A write answers with it, a read may wait for it.
public struct ConsistencyToken: Sendable, Hashable, CustomStringConvertible {
    /// The entities that have versions.
    public enum Entity: String, Sendable, Hashable, CaseIterable {
        case mission, reward, gift, telegram
    }

    public let entity: Entity
    public let id: Int64
    public let version: Int64

    public init(_ entity: Entity, id: Int64, version: Int64) {
        self.entity = entity
        self.id = id
        self.version = version
    }

    /// Parses `<entity>/<id>@<version>`; `nil` if the text is not one.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let entity = Entity(rawValue: String(parts[0])) else { return nil }
        let numbers = parts[1].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard numbers.count == 2, let id = Int64(numbers[0]), id > 0, let version = Int64(numbers[1]), version > 0
        else { return nil }
        self.init(entity, id: id, version: version)
        // One version has one text: no signs or leading zeros.
        guard description == text else { return nil }
    }

    public var description: String { "\(entity.rawValue)/\(id)@\(version)" }
}
