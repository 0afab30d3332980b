/// Waits for a condition, at most five seconds.
func waitUntil(_ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(5)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw RawConnection.TimedOut(received: "the condition never held") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
