/// Waits until `condition` holds; returns whether it did before the deadline.
///
/// For tests: they wait for a condition, never for a length of time.
public func eventually(
    within limit: Duration = .seconds(20), every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        try? await Task.sleep(for: pause)
    }
}
