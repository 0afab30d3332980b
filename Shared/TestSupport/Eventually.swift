/// Waits until `condition` holds; returns whether it did before the deadline.
///
/// For tests: they wait for a condition, never for a length of time. The limit ends a test that fails, so it is far
/// more than a busy machine takes.
public func eventually(
    within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        try? await Task.sleep(for: pause)
    }
}
