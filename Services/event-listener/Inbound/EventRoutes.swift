import Contracts
import ServiceRuntime

/// How events come in over HTTP.
struct EventRoutes: RouteModule {
    /// Bodies up to this size are taken on the event loop.
    private static let fastLimit = 64 << 10

    /// Single events that came within one turn of an event loop, and who sent them.
    private struct Turn {
        var events: [(event: Event, receipt: EventReceipt?)] = []
        var callers: [(responder: FastResponder, ack: Acknowledgement, queued: FastAnswer)] = []
    }

    let intake: ServiceIntake
    let senders: SenderSecrets
    private let turns: TurnBatches<Turn>

    init(intake: ServiceIntake, senders: SenderSecrets) {
        self.intake = intake
        self.senders = senders
        turns = TurnBatches(make: { Turn() }, finish: { Self.take($0, intake) })
    }

    func register(on router: ServiceRouter) {
        router.post("/events", for: admitted, query: ["ack", "source"]) { request, context in
            let ack = try context.query { try $0.choice("ack", of: Acknowledgement.self) } ?? .stored
            if MediaTypes.isLines(request.headers[.contentType]) {
                try admit(request, context, body: nil)
                return try await take(lines: request, context, ack)
            }
            let bytes = try await body(request)
            try admit(request, context, body: bytes)
            var reader = JSONReader(bytes)
            if try reader.next() == .array { return try await take(array: bytes, context, ack) }
            return try await take(one: bytes, context, ack)
        }
        router.post("/Event/PostEvent", for: admitted, query: ["source"]) { request, context in
            let bytes = try await body(request)
            try admit(request, context, body: bytes)
            _ = try await take(one: bytes, context, .queued)
            return Response(
                status: .ok, headers: EventAnswer.ok.headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: EventAnswer.ok.body)))
        }
    }

    /// Single events, without a task for each.
    var fastRoutes: [FastRoute] {
        [
            FastRoute(post: "/events", for: admitted, maxBody: Self.fastLimit) { request, responder in
                guard MediaTypes.isJSON(request[.contentType]), let ack = Self.acknowledgement(request.remainder)
                else { return false }
                return takeFast(request, responder, ack, queued: EventAnswer.queued)
            },
            FastRoute(post: "/Event/PostEvent", for: admitted, maxBody: Self.fastLimit) { request, responder in
                guard MediaTypes.isJSON(request[.contentType]), request.remainder.isEmpty else { return false }
                return takeFast(request, responder, .queued, queued: EventAnswer.ok)
            },
        ]
    }

    private static func acknowledgement(_ query: Substring) -> Acknowledgement? {
        switch query {
        case "", "ack=stored": .stored
        case "ack=queued": .queued
        default: nil
        }
    }

    private func takeFast(
        _ request: FastRequest, _ responder: FastResponder, _ ack: Acknowledgement, queued: FastAnswer
    ) -> Bool {
        let bytes = Array(buffer: request.body)
        if !request.isAuthenticated {
            do {
                try senders.require(nil, headers: request.head.headerFields, body: bytes)
            } catch {
                responder.fail(error)
                return true
            }
        }
        // Arrays, and whatever else does not begin like an event, have time for a task.
        guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return false }
        let event: Event
        do {
            event = try EventReader.read(bytes, correlationID: request.correlationID)
        } catch {
            intake.metrics.rejected(error.slug)
            responder.fail(error)
            return true
        }
        turns.add(for: responder, bytes: event.size) { turn in
            turn.events.append((event, ack == .stored ? .responder(responder) : nil))
            turn.callers.append((responder, ack, queued))
        }
        return true
    }

    private static func take(_ turn: Turn, _ intake: ServiceIntake) {
        do {
            try intake.submit(turn.events)
        } catch {
            guard error == .bufferFull, turn.callers.count > 1 else {
                return turn.callers.forEach { $0.responder.fail(error.refusal) }
            }
            // Together they do not fit; some may alone.
            for (event, caller) in zip(turn.events, turn.callers) {
                take(Turn(events: [event], callers: [caller]), intake)
            }
            return
        }
        let queued = turn.callers.filter { $0.ack == .queued }
        intake.metrics.accepted(queued.count, ack: .queued)
        intake.metrics.accepted(turn.callers.count - queued.count, ack: .stored)
        for caller in queued { caller.responder.succeed(caller.queued) }
    }

    /// Senders with a token, or with what `SENDER_SECRETS` knows of the source that the query names.
    private var admitted: Access { Access([.service]).or(SenderProof(senders, sender: .query("source"))) }

    /// - Parameter body: `nil` for a stream, which is taken as it comes.
    private func admit(_ request: Request, _ context: ServiceRequestContext, body: [UInt8]?) throws {
        guard context.caller == nil else { return }
        let source = try context.query { try $0.string("source", maxLength: 60) }
        try senders.require(source, headers: request.headers, body: body)
    }

    private func body(_ request: Request) async throws -> [UInt8] {
        guard MediaTypes.isJSON(request.headers[.contentType]) else {
            throw DomainError(
                .unsupportedMediaType, slug: "unsupported-media-type",
                detail:
                    "Send one event or an array of them as application/json, or a line each as application/x-ndjson.")
        }
        return try await request.bytes()
    }

    private func take(
        one bytes: [UInt8], _ context: ServiceRequestContext, _ ack: Acknowledgement
    ) async throws -> Response {
        let event: Event
        do {
            event = try EventReader.read(bytes, correlationID: context.givenCorrelationID)
        } catch {
            intake.metrics.rejected(error.slug)
            throw error
        }
        let submission = Submission()
        let summary = try await submit([(event, 1)], submission, ack)
        if let rejection = summary.rejected.first?.rejection {
            throw DomainError(.invalid, slug: rejection.type, detail: rejection.detail)
        }
        return answer(summary, ack, accepted: 1)
    }

    private func take(
        array bytes: [UInt8], _ context: ServiceRequestContext, _ ack: Acknowledgement
    ) async throws -> Response {
        let ranges = try Self.elements(of: bytes)
        guard !ranges.isEmpty, ranges.count <= EventLimit.array else {
            throw DomainError(
                .invalid, slug: ranges.isEmpty ? "empty-array" : "too-many-events",
                detail: "An array must hold 1 to \(EventLimit.array) events; longer lists go as application/x-ndjson.")
        }
        let submission = Submission()
        let now = Timestamp.now
        var events: [(event: Event, line: Int)] = []
        for (index, range) in ranges.enumerated() {
            do {
                let event = try EventReader.read(bytes, in: range, correlationID: context.givenCorrelationID, at: now)
                events.append((event, index + 1))
            } catch {
                intake.metrics.rejected(error.slug)
                submission.reject(index + 1, Rejection(type: error.slug, detail: error.detail))
            }
        }
        return answer(try await submit(events, submission, ack), ack, accepted: events.count)
    }

    private static func elements(of bytes: [UInt8]) throws(DomainError) -> [Range<Int>] {
        var reader = JSONReader(bytes)
        var ranges: [Range<Int>] = []
        reader.open()
        while try reader.hasElement(isFirst: ranges.isEmpty, closing: "]") { ranges.append(try reader.skipValue()) }
        try reader.finish()
        return ranges
    }

    private func submit(
        _ events: [(event: Event, line: Int)], _ submission: Submission, _ ack: Acknowledgement
    ) async throws -> Submission.Summary {
        guard !events.isEmpty else { return submission.summary }
        if ack == .stored { submission.begin(events.count) }
        do {
            try intake.submit(
                events.map { ($0.event, ack == .stored ? EventReceipt.part(submission, line: $0.line) : nil) })
        } catch {
            throw error.refusal
        }
        intake.metrics.accepted(events.count, ack: ack)
        if ack == .stored { await submission.wait() }
        let summary = submission.summary
        if let failure = summary.failure { throw failure.refusal }
        return summary
    }

    private func take(
        lines request: Request, _ context: ServiceRequestContext, _ ack: Acknowledgement
    ) async throws -> Response {
        var stream = EventStream(intake: intake, ack: ack, correlationID: context.givenCorrelationID)
        for try await buffer in request.body { try await stream.take(Array(buffer: buffer)) }
        let summary = try await stream.finish()
        return answer(summary, ack, accepted: stream.accepted)
    }

    private func answer(_ summary: Submission.Summary, _ ack: Acknowledgement, accepted: Int) -> Response {
        Answer.bytes(
            EventAnswer.summary(summary, accepted: ack == .queued ? accepted : nil),
            status: ack == .queued ? .accepted : .ok)
    }
}
