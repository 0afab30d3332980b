/// Lets other tasks go on until `condition` holds; gives up after a while, so that a test fails instead of hanging.
func waitUntil(_ what: String, _ condition: () async throws -> Bool) async throws {
    let limit = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        guard ContinuousClock.now < limit else { throw NeverHappened(what: what) }
        await Task.yield()
    }
}

struct NeverHappened: Error {
    let what: String
}
