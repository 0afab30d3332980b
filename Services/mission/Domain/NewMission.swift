import Contracts

/// What a mission is made from.
struct NewMission: Sendable, Hashable {
    /// Longest title, in Unicode scalars.
    static let maxTitleLength = 200
    /// The statuses that a mission may begin with.
    static let firstStatuses: [MissionStatus] = [.created, .achieved]

    let customerId: Int64
    let title: String?
    let status: MissionStatus
}
