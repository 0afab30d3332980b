/// Whether some broker answers, from the signs that come by and a question when there are none.
///
/// librdkafka tells of lost connections, but not of each one and not of those that are back.
struct Liveness {
    /// How long a question may take.
    static let questionTime = Duration.milliseconds(200)

    private(set) var isConnected = false
    private var nextQuestion: ContinuousClock.Instant

    init(now: ContinuousClock.Instant) { nextQuestion = now }

    /// A broker has answered something.
    mutating func sign(now: ContinuousClock.Instant) {
        isConnected = true
        nextQuestion = now + .seconds(10)
    }

    /// A connection was lost: it is time to ask.
    mutating func doubt(now: ContinuousClock.Instant) { nextQuestion = min(nextQuestion, now) }

    /// Something is under way whose answer should not take long.
    mutating func expect(now: ContinuousClock.Instant) { nextQuestion = min(nextQuestion, now + .seconds(1)) }

    func isQuestionDue(now: ContinuousClock.Instant) -> Bool { nextQuestion <= now }

    mutating func answered(_ isAnswered: Bool, now: ContinuousClock.Instant) {
        if isAnswered { return sign(now: now) }
        isConnected = false
        nextQuestion = now + .seconds(1)
    }
}
