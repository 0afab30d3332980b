/// Decides whether a callback may be acted on, from `bypass-group`, `bypass-epoch` and `bypass-sequence` alone.
///
/// An owner of a group calls with an epoch that is higher than those of all owners before it. What comes from an earlier
/// owner is stale: it was delayed on its way while another took over. Within an epoch, sequences only grow; the same
/// sequence again is a repeat.
struct Doorkeeper {
    enum Decision: Equatable {
        case act
        /// Its effect is there already.
        case `repeat`
        case refuse(String)
    }

    private var groups: [String: (epoch: Int64, sequence: Int64)] = [:]

    mutating func decide(group: String, epoch: Int64, sequence: Int64) -> Decision {
        let known = groups[group] ?? (0, 0)
        if epoch < known.epoch { return .refuse("epoch \(epoch) is over, \(known.epoch) is the present one") }
        if sequence < known.sequence { return .refuse("sequence \(known.sequence) came already") }
        groups[group] = (epoch, sequence)
        return sequence == known.sequence ? .repeat : .act
    }
}
