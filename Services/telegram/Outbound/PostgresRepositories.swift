import Contracts
import Outbox
import Postgres

/// Messages in PostgreSQL, each change with its outbox row in one commit.
struct PostgresMessageRepository: MessageRepository {
    private let writer: AggregateWriter<SubmissionStore>
    private let reader: AggregateReader<MessageStore>

    init(pool: PostgresPool, claims: Claims, rate: Double) {
        writer = AggregateWriter(SubmissionStore(claims: claims, rate: rate), pool: pool)
        reader = AggregateReader(MessageStore(), pool: pool)
    }

    func submit(_ draft: NewMessage, mayClaim: Bool, _ context: WriteContext) async throws -> Submission {
        let submission = try await writer.create(
            MessageDraft(message: draft, context: context, mayClaim: mayClaim), context
        ) { submission in
            submission.isNew ? [submission.message.stateEvent] : []
        }
        if submission.isNew { MessageMetrics.count([submission.message]) }
        return submission
    }

    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never {
        try await writer.refuse(error, context)
    }

    func find(_ id: Int64, in scope: Scope = .everyone) async throws -> Message {
        try await reader.find(id, in: scope)
    }

    func list(_ filter: MessageFilter, _ page: PageRequest) async throws -> Page<Message> {
        var columns: [(column: String, value: PostgresValue)] = []
        if let key = filter.key { columns.append(("key", .text(key))) }
        if let missionId = filter.missionId { columns.append(("mission_id", .int8(missionId))) }
        if let giftId = filter.giftId { columns.append(("gift_id", .int8(giftId))) }
        if let customerId = filter.customerId { columns.append(("customer_id", .int8(customerId))) }
        if let status = filter.status { columns.append(("status", .text(status.rawValue))) }
        return try await reader.list(columns, page)
    }
}

/// Chat links in PostgreSQL.
struct PostgresChatRepository: ChatRepository {
    private let writer: AggregateWriter<ChatStore>
    private let codes: AggregateWriter<LinkCodeStore>
    private let reader: AggregateReader<ChatStore>

    init(pool: PostgresPool, codes: LinkCodes) {
        self.codes = AggregateWriter(LinkCodeStore(codes: codes), pool: pool)
        writer = AggregateWriter(ChatStore(), pool: pool, maxBatch: 16)
        reader = AggregateReader(ChatStore(), pool: pool)
    }

    func change(_ change: ChatChange, _ context: WriteContext) async throws -> ChatLink {
        try await writer.create(ChatStore.Draft(change: change), context) { _ in [] }
    }

    func issueCode(_ customerId: Int64, _ context: WriteContext) async throws -> IssuedCode {
        try await codes.create(customerId, context) { _ in [] }
    }

    func refuse(_ error: DomainError, _ context: WriteContext) async throws -> Never {
        try await writer.refuse(error, context)
    }

    func find(_ customerId: Int64) async throws -> ChatLink {
        let link = try await reader.find(customerId)
        guard link.chatId != nil else { throw DomainError.chatNotLinked(customerId) }
        return link
    }
}
