/// A clock that never goes back, whose instants are those of `ContinuousClock`; tests give one they move by hand.
public protocol MonotonicClock: Clock where Instant == ContinuousClock.Instant {}

extension ContinuousClock: MonotonicClock {}

/// A source of chance: a number from 0 to 1, both included. Tests give one they choose.
public typealias RandomFraction = @Sendable () -> Double
