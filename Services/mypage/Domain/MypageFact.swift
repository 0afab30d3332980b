import Contracts
import Foundation

/// What one event tells the read model.
struct MypageFact: Sendable, Hashable {
    /// An entity's state at one of its versions.
    enum State: Sendable, Hashable {
        case mission(MissionData)
        case reward(RewardData)
        case gift(GiftData)
        case message(MessageData)
    }

    /// The event's id, by which a repeat is known.
    let eventID: UUID
    /// When it happened, as the event says.
    let time: Timestamp
    let state: State
}
