/// The totals, made at most once a second however many ask.
actor CachedTotals {
    private static let maxAge: Duration = .milliseconds(500)

    private let reader: StatisticsReader
    private var last: (json: [UInt8], at: ContinuousClock.Instant)?
    private var waiters: [CheckedContinuation<[UInt8], any Error>] = []
    private var isReading = false

    init(reader: StatisticsReader) { self.reader = reader }

    func json() async throws -> [UInt8] {
        if let last, last.at.duration(to: .now) < Self.maxAge { return last.json }
        if isReading { return try await withCheckedThrowingContinuation { waiters.append($0) } }
        isReading = true
        let outcome: Result<[UInt8], any Error>
        do {
            let json = ChartJSON.encode(try await reader.totals())
            last = (json, .now)
            outcome = .success(json)
        } catch {
            outcome = .failure(error)
        }
        isReading = false
        for waiter in waiters { waiter.resume(with: outcome) }
        waiters = []
        return try outcome.get()
    }
}
