import Contracts

/// Where it stands which groups are whose.
protocol OwnershipStore: Sendable {
    /// Of every owner there is.
    func signsOfLife() async throws -> [SignOfLife]
    /// Removes owners that have given no other sign of life than these, so that their groups are free; returns how many.
    func fence(_ signs: [SignOfLife]) async throws -> Int
    /// Takes groups that are free and have something to do, as many as are this owner's fair share.
    func claim(_ owner: Int64, limit: Int) async throws -> [ClaimedLane]
    /// Gives groups back that have nothing to do; returns those that were given back.
    func release(_ lanes: [ReleasedLane], owner: Int64) async throws -> [Int64]
    /// Gives everything back.
    func retire(_ owner: Int64) async throws
    /// What the store knows of this owner's groups.
    func survey(_ owner: Int64) async throws -> [LaneSurvey]
    /// Gives groups back that this owner has, but knows nothing of.
    func abandon(_ groups: [Int64], owner: Int64) async throws
    /// Notes how far groups are done.
    func note(_ progress: [(groupID: Int64, doneSequence: Int64)]) async throws
    /// How many groups an owner should have at most when all have the same.
    func fairShare() async throws -> Int
}

/// A group that this replica has become the owner of.
struct ClaimedLane: Sendable {
    let groupID: Int64
    let group: String
    let epoch: Int64
    let control: GroupControl
    /// The group had nothing to do before.
    let isFresh: Bool
}

struct ReleasedLane: Sendable, Hashable {
    let groupID: Int64
    let epoch: Int64
    /// Every message up to here is done; what came later keeps the group here.
    let drained: Int64
    /// Given back although it has something to do.
    let isForced: Bool
}

struct LaneSurvey: Sendable, Hashable {
    let groupID: Int64
    let lastSequence: Int64
    let revision: Int64
}
