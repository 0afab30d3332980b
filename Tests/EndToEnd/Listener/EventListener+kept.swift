import TestSupport
import Testing

extension EventListener {
    /// Every acknowledged event is stored, each once.
    func expectKept(_ load: EventLoad) async throws {
        let accepted = load.stored.union(load.queued)
        let isThere = try await eventually(within: .seconds(120), every: .milliseconds(200)) {
            accepted.isSubset(of: try await self.stored().keys)
        }
        let stored = try await self.stored()
        #expect(isThere, "\(accepted.subtracting(stored.keys).count) of \(accepted.count) are missing")
        #expect(stored.values.allSatisfy { $0 == 1 })
    }
}
