import Synchronization

/// Whether the service can serve its requests now.
public final class Readiness: Sendable {
    private let checks = Mutex<[ReadinessCheck]>([])
    private let draining = Atomic<Bool>(false)

    init() {}

    /// Adds a check; only while the service is being built.
    ///
    /// The probe runs when readiness is asked for, at most about five times a second, never twice at once; without an
    /// answer within 500 ms it counts as failed.
    ///
    /// - Parameter decides: `false` for what is listed as information only: broker, breaker, lag, gaps.
    public func add(_ name: String, decides: Bool, _ probe: @escaping @Sendable () async -> CheckResult) {
        checks.withLock { $0.append(ReadinessCheck(name: name, decides: decides, probe: probe)) }
    }

    /// From now on the service is not ready.
    func startDraining() { draining.store(true, ordering: .relaxed) }
    public var isDraining: Bool { draining.load(ordering: .relaxed) }

    var all: [ReadinessCheck] { checks.withLock { $0 } }

    /// Runs all checks side by side.
    public func report() async -> ReadinessReport {
        let checks = all
        var results: [(Int, CheckResult)] = []
        await withTaskGroup(of: (Int, CheckResult).self) { group in
            for (index, check) in checks.enumerated() { group.addTask { (index, await check.result()) } }
            for await result in group { results.append(result) }
        }
        var entries = results.sorted { $0.0 < $1.0 }.map { index, result in
            ReadinessReport.Entry(name: checks[index].name, decides: checks[index].decides, result: result)
        }
        entries.append(
            ReadinessReport.Entry(
                name: "serving", decides: true,
                result: isDraining ? .fail("the service is stopping") : .pass()))
        return ReadinessReport(entries: entries)
    }
}
