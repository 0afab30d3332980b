import Contracts
import ServiceRuntime

/// The body of `POST /missions`.
struct NewMissionBody: JSONBody {
    static let fields = ["customerId", "title", "status"]
    let draft: NewMission

    init(_ fields: inout JSONFields) throws {
        draft = NewMission(
            customerId: try fields.id("customerId"),
            title: try fields.optionalString("title", minLength: 1, maxLength: NewMission.maxTitleLength),
            status: try fields.optionalChoice("status", of: NewMission.firstStatuses) ?? .created)
    }
}

/// The body of `PATCH /missions/{id}`.
struct ChangedMissionBody: JSONBody {
    static let fields = ["status"]
    let status: MissionStatus

    init(_ fields: inout JSONFields) throws { status = try fields.choice("status") }
}

/// A mission as answers show it; what it has not got is `null`.
struct MissionAnswer: Encodable, Sendable {
    let mission: Mission

    private enum Key: CodingKey {
        case id, version, customerId, title, status, rewardId, telegramId, telegramStatus, createdAt, updatedAt
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(mission.id, forKey: .id)
        try container.encode(mission.version, forKey: .version)
        try container.encode(mission.customerId, forKey: .customerId)
        try container.encode(mission.title, forKey: .title)
        try container.encode(mission.status, forKey: .status)
        try container.encode(mission.rewardId, forKey: .rewardId)
        try container.encode(mission.message?.id, forKey: .telegramId)
        try container.encode(mission.message?.status, forKey: .telegramStatus)
        try container.encode(mission.createdAt, forKey: .createdAt)
        try container.encode(mission.updatedAt, forKey: .updatedAt)
    }
}
