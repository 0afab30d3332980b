import TestSupport
import Testing

extension EndToEnd {
    /// A replica that starts before its store does.
    @Suite struct StartupTests {
        @Test(arguments: LoneService.withDatabase)
        func `a service whose store is away starts, is live and not ready, and becomes ready by itself`(
            name: String
        ) async throws {
            // By default event-listener takes events into its recovery log.
            try await LoneService.with(name, settings: ["ON_STORE_DOWN": "refuse"]) { service in
                service.proxy.isDown = true
                try service.replica.start()
                #expect(await eventually { await service.status("/livez") == 200 }, "\(service.replica.tail)")
                #expect(await service.status("/readyz") == 503)
                // As long as a kubelet would ask a few times.
                let deadline = ContinuousClock.now + .seconds(2)
                while ContinuousClock.now < deadline {
                    #expect(await service.status("/livez") == 200)
                    #expect(await service.status("/readyz") == 503)
                    try await Task.sleep(for: .milliseconds(200))
                }
                service.proxy.isDown = false
                #expect(
                    await eventually { await service.status("/readyz") == 200 },
                    "the store is back: \(service.replica.tail)")
                #expect(service.replica.child?.isRunning == true, "it is the same process")
            }
        }

        @Test(arguments: ["event-listener", "order-collector"])
        func `what can be kept in files of its own makes a service ready without its store`(name: String) async throws {
            try await LoneService.with(name) { service in
                service.proxy.isDown = true
                try service.replica.start()
                #expect(await eventually { await service.status("/readyz") == 200 }, "\(service.replica.tail)")
            }
        }
    }
}
