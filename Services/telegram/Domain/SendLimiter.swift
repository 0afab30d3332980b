import Contracts

/// What all replicas together may send with one token: a token bucket, and the times at which nothing is sent at all.
///
/// A value that is kept in one row of the database and changed while that row is locked.
struct SendLimiter: Sendable, Hashable {
    /// This many chats that are refused one after another, with no success between, mean that the bot as a whole is too
    /// fast, and not that one chat is.
    static let globalRefusals = 3
    /// Refusals that are further apart have nothing to do with each other.
    static let refusalWindow: Duration = .seconds(2)
    private static let probePauses = (base: Int64(1000), limit: Int64(30_000))

    var tokens: Double
    var refilledAt: Timestamp
    /// Nothing is sent before this time: what a global 429 asked for.
    var blockedUntil: Timestamp?
    /// Chats that were refused since the last success.
    var suspects: Set<Int64>
    var suspectedAt: Timestamp?
    /// When there is a value, nothing is sent; at that time one replica asks whether the Bot API answers again.
    var probeAt: Timestamp?
    var probeFailures: Int
    /// Why nothing is sent, for an operator.
    var trouble: String?

    init(
        tokens: Double = 0, refilledAt: Timestamp, blockedUntil: Timestamp? = nil, suspects: Set<Int64> = [],
        suspectedAt: Timestamp? = nil, probeAt: Timestamp? = nil, probeFailures: Int = 0, trouble: String? = nil
    ) {
        self.tokens = tokens
        self.refilledAt = refilledAt
        self.blockedUntil = blockedUntil
        self.suspects = suspects
        self.suspectedAt = suspectedAt
        self.probeAt = probeAt
        self.probeFailures = probeFailures
        self.trouble = trouble
    }

    /// Takes the right to send up to `count` messages now; fewer, or none, when the limits have no more room.
    ///
    /// The bucket holds a tenth of the rate, and fills so slowly that no second ever sees more than the rate.
    mutating func take(upTo count: Int, rate: Double, now: Timestamp) -> Int {
        let taken = min(count, room(rate: rate, now: now))
        refill(rate: rate, now: now)
        tokens -= Double(taken)
        return taken
    }

    /// How many messages may be sent now.
    func room(rate: Double, now: Timestamp) -> Int {
        guard opening(rate: rate, now: now) == nil else { return 0 }
        var copy = self
        copy.refill(rate: rate, now: now)
        return Int(copy.tokens)
    }

    /// When there will be room for a message, or `nil` if there is now; far away while a probe is due.
    func opening(rate: Double, now: Timestamp) -> Timestamp? {
        if let probeAt { return max(probeAt, now) }
        if let blockedUntil, blockedUntil > now { return blockedUntil }
        var copy = self
        copy.refill(rate: rate, now: now)
        guard copy.tokens < 1 else { return nil }
        let missing = (1 - copy.tokens) / Self.bucket(rate).fill
        return Timestamp(milliseconds: now.milliseconds + max(1, Int64((missing * 1000).rounded(.up))))
    }

    /// Telegram answered 429 for a chat; returns whether that counts for all chats.
    mutating func refused(chat: Int64, retryAfter: Duration, now: Timestamp) -> Bool {
        if let suspectedAt, now.milliseconds - suspectedAt.milliseconds > Self.refusalWindow.milliseconds {
            suspects = []
        }
        suspects.insert(chat)
        suspectedAt = now
        guard suspects.count >= Self.globalRefusals else { return false }
        suspects = []
        let until = Timestamp(milliseconds: now.milliseconds + retryAfter.milliseconds)
        blockedUntil = max(until, blockedUntil ?? until)
        return true
    }

    /// The Bot API is away or refuses the token: nothing more is sent until a probe succeeds.
    mutating func stop(_ reason: String, now: Timestamp) {
        trouble = reason
        if probeAt == nil { probeAt = now }
    }

    /// Claims the probe that is due; the claim lapses after `timeout`.
    mutating func beginProbe(timeout: Duration, now: Timestamp) -> Bool {
        guard let probeAt, probeAt <= now else { return false }
        self.probeAt = Timestamp(milliseconds: now.milliseconds + timeout.milliseconds)
        return true
    }

    /// What the probe found; `nil` when all is well.
    mutating func endProbe(_ fault: String?, now: Timestamp) {
        trouble = fault
        guard fault != nil else {
            probeAt = nil
            probeFailures = 0
            return
        }
        let pause = min(Self.probePauses.limit, Self.probePauses.base << Int64(min(probeFailures, 10)))
        probeFailures += 1
        probeAt = Timestamp(milliseconds: now.milliseconds + pause)
    }

    private mutating func refill(rate: Double, now: Timestamp) {
        let (size, fill) = Self.bucket(rate)
        let elapsed = Double(max(0, now.milliseconds - refilledAt.milliseconds)) / 1000
        tokens = min(size, tokens + elapsed * fill)
        refilledAt = max(refilledAt, now)
    }

    private static func bucket(_ rate: Double) -> (size: Double, fill: Double) {
        let size = max(1, (rate / 10).rounded(.down))
        return (size, rate - size + 1)
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// In seconds, as SQL and answers want it.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
