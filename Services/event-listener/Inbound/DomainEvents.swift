import Contracts
import Messaging
import Resilience
import ServiceRuntime

/// The suite's own events, from Kafka into the same log: `event_type` is the topic, `event_action` the `ce_type`.
struct DomainEvents: EventBatchHandler {
    static let topics = Aggregate.allCases.map(\.topic)
    /// How long a saga's texts may be that go into fixed columns.
    private static let sourceLength = 255

    let intake: ServiceIntake

    /// All of them, also those of types that are yet to be invented.
    func handles(topic: String, type: String) -> Bool { true }

    /// Waits for the commit. An event that comes again is known by its `ce_id`. The recovery log has no part in this:
    /// while the store is away the events are safe where they are, in Kafka.
    func apply(_ envelopes: [EventEnvelope]) async throws -> AppliedBatch {
        let submission = Submission()
        let events = try envelopes.enumerated().map { index, envelope in
            (event: try Self.event(envelope), receipt: EventReceipt?.some(.part(submission, line: index)))
        }
        submission.begin(events.count)
        do {
            try intake.submit(events, mayLog: false)
        } catch {
            submission.cancel(events.count)
            throw error
        }
        await submission.wait()
        let summary = submission.summary
        if let failure = summary.failure { throw failure }
        if let rejection = summary.rejected.first?.rejection { throw BadMessage(rejection.type, rejection.detail) }
        return AppliedBatch(applied: summary.stored, duplicates: summary.duplicates)
    }

    /// - Throws: ``BadMessage`` when the data is not JSON.
    static func event(_ envelope: EventEnvelope) throws(BadMessage) -> Event {
        var event = Event(
            uuid: envelope.id, type: envelope.topic, action: String(envelope.type.unicodeScalars.prefix(60)),
            version: "1.0")
        let ids: [String: String]
        do {
            ids = try topLevelIDs(envelope.data)
        } catch {
            throw BadMessage("malformed-data", "the data is not a JSON object")
        }
        event.strings = Triple(
            ids["customerId"], envelope.topic == Aggregate.mission.topic ? ids["id"] : ids["missionId"],
            envelope.subject.map { String($0.unicodeScalars.prefix(EventLimit.string)) })
        event.payload = envelope.data
        event.correlationID = envelope.correlationID
        event.source = String(envelope.source.unicodeScalars.prefix(sourceLength))
        event.occurredAt = envelope.time
        return event
    }

    /// The whole numbers that the data carries under these names.
    private static func topLevelIDs(_ data: [UInt8]) throws(DomainError) -> [String: String] {
        var reader = JSONReader(data)
        var ids: [String: String] = [:]
        guard try reader.next() == .object else {
            throw DomainError(.malformed, slug: "malformed-json", detail: "The data is not an object.")
        }
        reader.open()
        var isFirst = true
        while try reader.hasElement(isFirst: isFirst, closing: "}") {
            isFirst = false
            let name = try reader.name()
            let isNumber = try reader.next() == .number
            let value = try reader.skipValue()
            guard isNumber, name == "id" || name == "customerId" || name == "missionId" else { continue }
            let text = String(decoding: data[value], as: UTF8.self)
            if text.utf8.count <= 20 { ids[name] = text }
        }
        try reader.finish()
        return ids
    }
}

extension StoreFailure: FailureClassifying {
    /// The same events will be taken later, however often it takes.
    var failureKind: FailureKind { .unavailable }
    var reason: String { rawValue }
}
