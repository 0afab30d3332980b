import TestSupport
import Testing

extension EndToEnd {
    /// How soon a new replica can take requests: what an autoscaler's new replicas are worth.
    @Suite struct StartupPaceTests {
        @Test(arguments: LoneService.names)
        func `a service is ready within 300 ms of exec with its store up`(name: String) async throws {
            try await LoneService.with(name) { service in
                var times: [Duration] = []
                for _ in 0..<3 { times.append(try await service.timeToReady()) }
                times.sort()
                #expect(times[1] <= .milliseconds(300), "the middle of \(times)")
            }
        }
    }
}
