/// How long to leave a server alone after failed attempts to connect: doubling from 50 to 500 ms, with jitter.
///
/// Short, because callers are refused meanwhile, and because an attempt costs little.
struct ReconnectDelay {
    private var failures = 0

    /// The delay after one more failure.
    mutating func next() -> Duration {
        failures = min(failures + 1, 16)
        let full = min(50 << (failures - 1), 500)
        return .milliseconds(Int.random(in: full / 2...full))
    }

    mutating func reset() { failures = 0 }
}
