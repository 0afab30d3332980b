/// Finds out whose lease has run out, on this process's own clock.
///
/// The store's clock may be set, and a standby that takes over has another one; this clock only runs. An owner counts
/// its lease from before it prolongs it, the watch from after it has seen that: so the owner's ends first.
struct LeaseWatch: Sendable {
    private struct Sighting {
        let sign: SignOfLife
        let since: ContinuousClock.Instant
    }

    private var sightings: [Int64: Sighting] = [:]

    /// Compares with what was seen before.
    ///
    /// - Parameters:
    ///   - signs: Of all owners there are.
    ///   - now: A moment after the store was asked.
    /// - Returns: The signs that have not changed for as long as their owner's lease.
    mutating func overdue(_ signs: [SignOfLife], now: ContinuousClock.Instant) -> [SignOfLife] {
        var next: [Int64: Sighting] = [:]
        for sign in signs {
            let known = sightings[sign.owner].flatMap { $0.sign == sign ? $0 : nil }
            next[sign.owner] = known ?? Sighting(sign: sign, since: now)
        }
        sightings = next
        return signs.filter { sign in
            next[sign.owner].map { $0.since.duration(to: now) >= sign.lease } ?? false
        }
    }
}
