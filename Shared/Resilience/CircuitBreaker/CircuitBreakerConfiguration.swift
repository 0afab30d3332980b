/// When a ``CircuitBreaker`` opens, for how long, and how it finds out whether to close. Checked when it is made.
///
/// Rates are percent of the calls in the window. The names and their meaning follow resilience4j's circuit breaker.
public struct CircuitBreakerConfiguration: Sendable, Hashable {
    /// Which calls are judged.
    public enum Window: Sendable, Hashable {
        /// The last so many.
        case calls(Int)
        /// Those that ended within this time, to a twentieth of it.
        case time(Duration)
    }

    public let window: Window
    /// Below this many calls in the window nothing is judged.
    public let minimumCalls: Int
    /// Opens at this share of failures.
    public let failureRateThreshold: Double
    /// A call that takes longer is slow, whether it succeeds or fails.
    public let slowCallDuration: Duration
    /// Opens at this share of slow calls.
    public let slowCallRateThreshold: Double
    /// How long every call is refused before the first probe.
    public let openTime: Duration
    /// The open time is drawn anew each time, by up to this share shorter or longer, so that replicas do not probe in
    /// step.
    public let openTimeJitter: Double
    /// How many calls are let through to find out whether the peer is back.
    public let probes: Int
    /// A probe that has not reported after this time is lost: its permit goes to another call.
    public let probeTimeout: Duration

    /// - Throws: ``ConfigurationFault`` for the first field that is out of its bounds.
    public init(
        window: Window = .calls(50), minimumCalls: Int = 10, failureRateThreshold: Double = 50,
        slowCallDuration: Duration = .milliseconds(500), slowCallRateThreshold: Double = 80,
        openTime: Duration = .seconds(5), openTimeJitter: Double = 0.2, probes: Int = 5,
        probeTimeout: Duration = .seconds(10)
    ) throws(ConfigurationFault) {
        self.window = window
        self.minimumCalls = minimumCalls
        self.failureRateThreshold = failureRateThreshold
        self.slowCallDuration = slowCallDuration
        self.slowCallRateThreshold = slowCallRateThreshold
        self.openTime = openTime
        self.openTimeJitter = openTimeJitter
        self.probes = probes
        self.probeTimeout = probeTimeout
        try check()
    }

    private func check() throws(ConfigurationFault) {
        typealias Fault = ConfigurationFault
        try Fault.check(minimumCalls >= 1, "minimumCalls", "must be at least 1")
        switch window {
        case .calls(let count):
            try Fault.check((1...1_000_000).contains(count), "window", "must hold from 1 to 1000000 calls")
            // Otherwise the breaker could never open.
            try Fault.check(minimumCalls <= count, "minimumCalls", "must be at most the window's \(count) calls")
        case .time(let span):
            try Fault.check(span >= .milliseconds(1), "window", "must be at least 1ms long")
        }
        for (field, rate) in [
            ("failureRateThreshold", failureRateThreshold), ("slowCallRateThreshold", slowCallRateThreshold),
        ] {
            try Fault.check(rate > 0 && rate <= 100, field, "must be above 0 and at most 100 percent")
        }
        try Fault.check(slowCallDuration > .zero, "slowCallDuration", "must be above 0")
        try Fault.check(openTime > .zero, "openTime", "must be above 0")
        try Fault.check((0..<1).contains(openTimeJitter), "openTimeJitter", "must be from 0 to below 1")
        try Fault.check((1...10_000).contains(probes), "probes", "must be from 1 to 10000")
        try Fault.check(probeTimeout > .zero, "probeTimeout", "must be above 0")
    }
}
