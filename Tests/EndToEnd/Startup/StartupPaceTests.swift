import TestSupport
import Testing

extension EndToEnd {
    /// How soon a new replica can take requests: what an autoscaler's new replicas are worth.
    @Suite struct StartupPaceTests {
        @Test(arguments: LoneService.names)
        func `a service is ready within 300 ms of exec with its store up`(name: String) async throws {
            try await LoneService.with(name) { service in
                // What else the machine does comes and goes, and a service's own slowness would stay: the second best
                // counts, of three where the machine is quiet.
                var times: [Duration] = []
                repeat {
                    times.append(try await service.timeToReady())
                    times.sort()
                } while times.count < 3 || (times.count < 9 && times[1] > .milliseconds(300))
                #expect(times[1] <= .milliseconds(300), "the second of \(times)")
            }
        }
    }
}
