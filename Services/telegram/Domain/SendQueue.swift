import Contracts
import Foundation

/// The queue of messages to be sent, shared by all replicas.
protocol SendQueue: Sendable {
    /// Claims up to `count` messages whose requests start at once; each claim is committed when this returns.
    func claim(upTo count: Int) async throws -> ClaimRound

    /// Commits the outcome of a claim with its event. Returns the message, or `nil` when the claim had lapsed: then
    /// nothing was changed.
    func settle(_ claim: Claim, _ settlement: Settlement) async throws -> Message?

    /// Makes `Uncertain` what was claimed by a process that no longer reports, and returns how many there were.
    ///
    /// - Parameter held: Claims whose requests this process is still waiting for.
    func sweep(except held: [UUID]) async throws -> Int

    /// Changes the limiter while no other replica can.
    func limiter<Value: Sendable>(
        _ change: @escaping @Sendable (inout SendLimiter, Timestamp) -> Value
    ) async throws -> Value

    /// The limiter as it is now.
    func status() async throws -> SendLimiter

    /// When the next message may be ready: `nil` if nothing waits, not positive if one is ready now. Cheap: an idle
    /// dispatcher locks nothing and writes nothing.
    func nextReady() async throws -> Duration?

    /// How many messages are queued, counted up to a bound.
    func depth() async throws -> Int
}
