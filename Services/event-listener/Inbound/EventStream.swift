import Contracts

/// Takes a stream of events, a line each, while it arrives.
///
/// Memory stays small however long the stream is: no more than ``window`` of its events are under way at once, and while
/// they are the connection is not read, so that the sender's window fills and not our memory.
struct EventStream {
    /// Events of one stream that may wait for their commit.
    static let window = 8_192
    /// Events that are handed over together.
    private static let portion = 512
    /// How long to wait for room in the buffer that others have filled.
    private static let patience: Duration = .seconds(10)

    private let intake: ServiceIntake
    private let ack: Acknowledgement
    private let correlationID: String?
    private let submission = Submission()
    private var splitter = LineSplitter(limit: EventLimit.bytes)
    private var pending: [(event: Event, receipt: EventReceipt?)] = []
    private var line = 0
    private(set) var accepted = 0

    init(intake: ServiceIntake, ack: Acknowledgement, correlationID: String?) {
        self.intake = intake
        self.ack = ack
        self.correlationID = correlationID
    }

    /// Takes the next bytes; returns when there is room for more.
    mutating func take(_ bytes: [UInt8]) async throws {
        let now = Timestamp.now
        for line in splitter.split(bytes) {
            read(line, now)
            if pending.count >= Self.portion { try await submitPending() }
        }
    }

    /// Takes what came last, and returns when all is settled.
    mutating func finish() async throws -> Submission.Summary {
        if let last = splitter.last() { read(last, .now) }
        try await submitPending()
        if ack == .stored { await submission.wait() }
        if let failure = submission.summary.failure { throw refusal(failure) }
        return submission.summary
    }

    private mutating func read(_ text: LineSplitter.Line, _ now: Timestamp) {
        line += 1
        switch text {
        case .tooLong:
            reject(Rejection(type: "event-too-large", detail: "The line is longer than \(EventLimit.bytes) bytes."))
        case .whole(let bytes, let range):
            guard bytes[range].contains(where: { $0 > 0x20 }) else { return }
            do {
                let event = try EventReader.read(bytes, in: range, correlationID: correlationID, at: now)
                pending.append((event, ack == .stored ? .part(submission, line: line) : nil))
            } catch {
                reject(Rejection(type: error.slug, detail: error.detail))
            }
        }
    }

    private func reject(_ rejection: Rejection) {
        intake.metrics.rejected(rejection.type)
        submission.reject(line, rejection)
    }

    private mutating func submitPending() async throws {
        let events = pending
        guard !events.isEmpty else { return }
        pending = []
        let deadline = ContinuousClock.now + Self.patience
        if ack == .stored {
            await submission.wait(untilAtMost: Self.window - events.count)
            if let failure = submission.summary.failure { throw refusal(failure) }
            submission.begin(events.count)
        }
        while true {
            do {
                try intake.submit(events)
                accepted += events.count
                return intake.metrics.accepted(events.count, ack: ack)
            } catch {
                guard error == .bufferFull, ContinuousClock.now < deadline else {
                    if ack == .stored { submission.cancel(events.count) }
                    throw refusal(error)
                }
                // Room comes with the next commit, which is milliseconds away while the store works.
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private func refusal(_ failure: StoreFailure) -> DomainError {
        var refusal = failure.refusal
        let kept = ack == .stored ? submission.summary.stored : accepted
        refusal.detail +=
            " Of this stream \(kept) events were kept before that; sent again with their uuid, they are stored once."
        return refusal
    }
}
