import Contracts

/// A gift that a customer got for a reward: `Exchanged → Used` once reward has confirmed it, `Exchanged → Cancelled`.
struct Gift: AggregateRoot, Hashable {
    let id: Int64
    private(set) var version: Int64
    let rewardId: Int64
    let missionId: Int64
    let customerId: Int64
    let name: String?
    private(set) var status: GiftStatus
    /// Whether reward has bound the reward to this gift. From then on nothing takes it back.
    private(set) var isConfirmed: Bool
    /// What became of telling the customer.
    private(set) var notices: GiftNotices
    /// The request that changed it last, for what is told later on its account.
    private(set) var correlationID: String
    private(set) var trace: String
    let createdAt: Timestamp
    private(set) var updatedAt: Timestamp
    /// What the request that made this state has to tell the customer, in this order.
    ///
    /// Neither stored nor remembered under an idempotency key: a repeated request never tells again.
    private(set) var untold: [Notice] = []

    private enum CodingKeys: CodingKey {
        case id, version, rewardId, missionId, customerId, name, status, isConfirmed, notices, correlationID, trace
        case createdAt, updatedAt
    }

    var owner: Int64? { customerId }

    init(
        id: Int64, version: Int64, rewardId: Int64, missionId: Int64, customerId: Int64, name: String?,
        status: GiftStatus, isConfirmed: Bool, notices: GiftNotices, correlationID: String, trace: String,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.version = version
        self.rewardId = rewardId
        self.missionId = missionId
        self.customerId = customerId
        self.name = name
        self.status = status
        self.isConfirmed = isConfirmed
        self.notices = notices
        self.correlationID = correlationID
        self.trace = trace
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    /// A gift that a reward was just exchanged for.
    ///
    /// - Parameter due: When others may take its notice for forgotten.
    init(
        id: Int64, _ new: NewGift, for reward: RewardCopy, in context: WriteContext, at now: Timestamp, due: Timestamp
    ) {
        self.init(
            id: id, version: 1, rewardId: reward.id, missionId: reward.missionId, customerId: reward.customerId,
            name: new.name, status: .exchanged, isConfirmed: false, notices: GiftNotices(exchange: .pending, due: due),
            correlationID: context.correlationID, trace: context.trace.description, createdAt: now, updatedAt: now)
        untold = [.exchanged]
    }

    /// What a customer may ask for: that a confirmed gift becomes `Used`.
    ///
    /// - Throws: a refusal that passes while reward has not confirmed the gift yet, a lasting one otherwise.
    mutating func change(
        to status: GiftStatus, in context: WriteContext, at now: Timestamp, due: Timestamp
    ) throws(DomainError) {
        guard (self.status, status) == (.exchanged, .used) else {
            throw .giftTransitionRefused(id, from: self.status, to: status)
        }
        guard isConfirmed else { throw .giftNotConfirmed(id) }
        correlationID = context.correlationID
        trace = context.trace.description
        // News of the exchange that telegram is not known to have comes first: nobody hears of a use before it.
        untold = notices.exchange.isTaken ? [.used] : [.exchanged, .used]
        notices.use = .pending
        notices.due = due
        become(.used, at: now)
    }

    /// Reward has bound the reward to this gift. No new version: nobody else is told of it.
    mutating func confirm(at now: Timestamp) -> Bool {
        guard status == .exchanged, !isConfirmed else { return false }
        isConfirmed = true
        updatedAt = max(now, updatedAt)
        return true
    }

    /// The reward cannot be had for this gift: the compensation. A confirmed gift is the customer's.
    mutating func cancel(at now: Timestamp) -> Bool {
        guard status == .exchanged, !isConfirmed else { return false }
        become(.cancelled, at: now)
        return true
    }

    /// What news of its reward means for the gift.
    func consequence(of reward: RewardCopy) -> Consequence {
        switch reward.status {
        case .allocated: .none
        case .exchanged, .used: reward.giftId == id ? .confirm : .cancel
        case .revoked: .cancel
        }
    }

    enum Consequence { case none, confirm, cancel }

    /// Telegram has answered.
    mutating func settle(_ notice: Notice, as answer: MessageStatus) {
        notices[notice] = .answered(answer)
    }

    /// Gives up on telling at once; what is returned must be requested by events, in this order.
    mutating func deferNotices(among asked: [Notice] = Notice.allCases) -> [Notice] {
        let pending = asked.filter { notices[$0] == .pending }
        for notice in pending { notices[notice] = .deferred }
        return pending
    }

    private mutating func become(_ status: GiftStatus, at now: Timestamp) {
        self.status = status
        version += 1
        updatedAt = max(now, updatedAt)
    }
}

/// What a customer asks for.
struct NewGift: Sendable, Hashable {
    static let maxNameLength = 200

    let rewardId: Int64
    let name: String?
}
