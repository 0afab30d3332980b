import Resilience
import ServiceRuntime

/// The bounds of the synchronous call to telegram; docs/resilience.md has the reasons for the defaults.
struct TelegramCallSettings: Sendable {
    let deadline: Duration
    let breaker: CircuitBreakerConfiguration
    let bulkhead: BulkheadConfiguration
    let sweepInterval: Duration

    /// After this time a pending notice is nobody's: the call is over, and so should be the commit behind it.
    var noticePatience: Duration { deadline + .seconds(1) }

    init(_ settings: inout SettingsReader) throws {
        deadline = try settings.duration(
            "TELEGRAM_DEADLINE", default: .seconds(1), in: .milliseconds(10) ... .seconds(30),
            help: "How long telegram may take to answer; then the customer is told through an event.")
        breaker = try Self.breaker(&settings)
        bulkhead = try Self.bulkhead(&settings)
        sweepInterval = try settings.duration(
            "NOTICE_SWEEP_INTERVAL", default: .milliseconds(500), in: .milliseconds(10) ... .seconds(60),
            help: "How often to look for notices that a dead replica has left behind.")
        guard breaker.probeTimeout > deadline else {
            throw SettingError(
                variable: "TELEGRAM_BREAKER_PROBE_TIMEOUT", fault: "must be longer than TELEGRAM_DEADLINE",
                example: "10s")
        }
    }

    private static func breaker(_ settings: inout SettingsReader) throws -> CircuitBreakerConfiguration {
        let kind: WindowKind = try settings.choice(
            "TELEGRAM_BREAKER_WINDOW", default: .calls, help: "Whether the breaker judges the last calls or some time.")
        let calls = try settings.int(
            "TELEGRAM_BREAKER_WINDOW_CALLS", default: 50, in: 1...10_000, help: "The last calls that are judged.")
        let time = try settings.duration(
            "TELEGRAM_BREAKER_WINDOW_TIME", default: .seconds(30), in: .seconds(1) ... .seconds(3600),
            help: "The time whose calls are judged.")
        let minimumCalls = try settings.int(
            "TELEGRAM_BREAKER_MINIMUM_CALLS", default: 10, in: 1...10_000,
            help: "Below this many calls the breaker judges nothing.")
        let failureRate = try settings.double(
            "TELEGRAM_BREAKER_FAILURE_RATE", default: 50, in: 1...100,
            help: "Percent of failed calls at which the breaker opens.")
        let slowCall = try settings.duration(
            "TELEGRAM_BREAKER_SLOW_CALL", default: .milliseconds(500), in: .milliseconds(1) ... .seconds(30),
            help: "A call that takes longer is slow.")
        let slowRate = try settings.double(
            "TELEGRAM_BREAKER_SLOW_RATE", default: 80, in: 1...100,
            help: "Percent of slow calls at which the breaker opens.")
        let openTime = try settings.duration(
            "TELEGRAM_BREAKER_OPEN_TIME", default: .seconds(5), in: .milliseconds(10) ... .seconds(3600),
            help: "How long no call is made before telegram is probed.")
        let jitter = try settings.double(
            "TELEGRAM_BREAKER_OPEN_JITTER", default: 0.2, in: 0...0.9,
            help: "By which share that time varies, so that replicas do not probe in step.")
        let probes = try settings.int(
            "TELEGRAM_BREAKER_PROBES", default: 5, in: 1...1000, help: "Calls that are let through to probe telegram.")
        let probeTimeout = try settings.duration(
            "TELEGRAM_BREAKER_PROBE_TIMEOUT", default: .seconds(10), in: .milliseconds(20) ... .seconds(3600),
            help: "When a probe that nobody has heard of is given up.")
        return try checked(["minimumCalls": "TELEGRAM_BREAKER_MINIMUM_CALLS"]) { () throws(ConfigurationFault) in
            try CircuitBreakerConfiguration(
                window: kind == .calls ? .calls(calls) : .time(time), minimumCalls: minimumCalls,
                failureRateThreshold: failureRate, slowCallDuration: slowCall, slowCallRateThreshold: slowRate,
                openTime: openTime, openTimeJitter: jitter, probes: probes, probeTimeout: probeTimeout)
        }
    }

    private static func bulkhead(_ settings: inout SettingsReader) throws -> BulkheadConfiguration {
        let concurrent = try settings.int(
            "TELEGRAM_BULKHEAD_CONCURRENT", default: 32, in: 1...1024, help: "Calls to telegram at once.")
        let queue = try settings.int(
            "TELEGRAM_BULKHEAD_QUEUE", default: 64, in: 0...10_000, help: "Calls that may wait for their turn.")
        let wait = try settings.duration(
            "TELEGRAM_BULKHEAD_WAIT", default: .milliseconds(250), in: .zero ... .seconds(30),
            help: "How long they wait before the customer is told through an event.")
        return try checked([:]) { () throws(ConfigurationFault) in
            try BulkheadConfiguration(maxConcurrent: concurrent, maxWaiting: queue, maxWait: wait)
        }
    }

    /// Names the variable in place of the field; what a single variable's range rules out does not come this far.
    private static func checked<Value>(
        _ variables: [String: String], _ make: () throws(ConfigurationFault) -> Value
    ) throws -> Value {
        do {
            return try make()
        } catch {
            throw SettingError(variable: variables[error.field] ?? error.field, fault: error.fault)
        }
    }

    private enum WindowKind: String, CaseIterable { case calls, time }
}
