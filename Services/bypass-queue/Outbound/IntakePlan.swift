import Contracts

/// Decides for each message of a batch whether it is taken, and as which number of its group.
struct IntakePlan {
    struct WebhookKey: Hashable {
        let group: String
        let id: String
    }

    struct Row {
        let groupID: Int64
        let sequence: Int64
        let isOrdered: Bool
        let message: IncomingMessage
    }

    struct Touched {
        let group: IntakeGroup
        var lastSequence: Int64
    }

    private enum Decision {
        case row(Int)
        case known(Receipt)
        case refused(DomainError)
    }

    let groups: [String: IntakeGroup]
    let known: [WebhookKey: Receipt]
    let groupLimit: Int
    private(set) var rows: [Row] = []
    private var decisions: [Decision] = []
    private var lastSequences: [String: Int64] = [:]
    private var rowsByKey: [WebhookKey: Int] = [:]

    init(groups: [String: IntakeGroup], known: [WebhookKey: Receipt], groupLimit: Int) {
        self.groups = groups
        self.known = known
        self.groupLimit = groupLimit
    }

    mutating func add(_ message: IncomingMessage) { decisions.append(decide(message)) }

    private mutating func decide(_ message: IncomingMessage) -> Decision {
        let key = message.webhookID.map { WebhookKey(group: message.group, id: $0) }
        if let key {
            if let receipt = known[key] { return .known(receipt) }
            if let index = rowsByKey[key] { return .row(index) }
        }
        guard let group = groups[message.group],
            message.callbackURL != nil || group.hasCallbackURL
        else { return .refused(.callbackURLMissing) }
        let last = lastSequences[message.group] ?? group.lastSequence
        guard last - group.doneSequence < Int64(groupLimit) else {
            return .refused(.groupFull(message.group, limit: groupLimit))
        }
        lastSequences[message.group] = last + 1
        rows.append(
            Row(groupID: group.id, sequence: last + 1, isOrdered: group.isOrdered, message: message))
        if let key { rowsByKey[key] = rows.count - 1 }
        return .row(rows.count - 1)
    }

    /// Groups that get messages, in the order of their ids.
    var touched: [Touched] {
        lastSequences.compactMap { name, last in groups[name].map { Touched(group: $0, lastSequence: last) } }
            .sorted { $0.group.id < $1.group.id }
    }

    /// - Parameter stored: The messages of ``rows``.
    func results(_ stored: [QueuedMessage]) -> [Result<Receipt, any Error>] {
        decisions.map { decision in
            switch decision {
            case .known(let receipt): .success(receipt)
            case .refused(let error): .failure(error)
            case .row(let index):
                .success(
                    Receipt(
                        id: stored[index].id, group: rows[index].message.group, sequence: stored[index].sequence))
            }
        }
    }
}
