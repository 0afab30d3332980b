import Contracts

/// A message to a customer, with the key that keeps it to one however often it is asked for.
struct CustomerMessage: Sendable, Hashable {
    let key: String
    let text: String
    let giftId: Int64
    let missionId: Int64
    let customerId: Int64
}

extension Gift {
    func message(_ notice: Notice) -> CustomerMessage {
        let gift = name.map { "gift \(id) (\($0))" } ?? "gift \(id)"
        let (key, text) =
            switch notice {
            case .exchanged: ("gift-exchanged:\(id)", "Your \(gift) is here, in exchange for reward \(rewardId).")
            case .used: ("gift-used:\(id)", "Your \(gift) has been used. Enjoy it!")
            }
        return CustomerMessage(key: key, text: text, giftId: id, missionId: missionId, customerId: customerId)
    }
}

/// Whoever tells customers: telegram, over the network.
protocol Messenger: Sendable {
    /// Whether a call now would very likely be refused without being made.
    var isResting: Bool { get }

    /// Hands a message over and returns its status.
    ///
    /// - Throws: whatever kept it from being taken, or from being known to be taken; a repeat does no harm.
    func send(_ message: CustomerMessage, _ context: WriteContext) async throws -> MessageStatus
}
