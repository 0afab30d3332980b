/// Calls by outcome, as many places as there are outcomes.
struct CallTotals: Sendable {
    private var counts = [Int](repeating: 0, count: CallOutcome.allCases.count)

    mutating func add(_ outcome: CallOutcome, _ number: Int) { counts[outcome.index] += number }

    var byOutcome: [CallOutcome: Int] {
        Dictionary(uniqueKeysWithValues: CallOutcome.allCases.map { ($0, counts[$0.index]) })
    }
}

extension CallOutcome {
    init(_ mark: CallMark) {
        self =
            switch (mark.contains(.failure), mark.contains(.slow)) {
            case (false, false): .success
            case (true, false): .failure
            case (false, true): .slowSuccess
            case (true, true): .slowFailure
            }
    }

    /// Its place in ``allCases``, without a search: this runs with every call.
    fileprivate var index: Int {
        switch self {
        case .success: 0
        case .failure: 1
        case .slowSuccess: 2
        case .slowFailure: 3
        case .ignored: 4
        case .cancelled: 5
        case .rejected: 6
        case .late: 7
        case .lost: 8
        }
    }
}
