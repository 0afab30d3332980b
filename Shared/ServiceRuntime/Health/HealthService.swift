import ServiceLifecycle

/// Runs the readiness checks for as long as the service runs.
struct HealthService: Service, CustomStringConvertible {
    let readiness: Readiness
    var description: String { "Health" }

    func run() async {
        let checks = readiness.all
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for check in checks { group.addTask { await check.run() } }
                group.addTask { try? await gracefulShutdown() }
            }
        } onGracefulShutdown: {
            for check in checks { check.stop() }
        }
    }
}
