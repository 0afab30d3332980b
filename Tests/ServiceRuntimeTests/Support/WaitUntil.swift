/// Waits for a condition, at most a minute.
func waitUntil(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw RawConnection.TimedOut(received: "the condition never held") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
