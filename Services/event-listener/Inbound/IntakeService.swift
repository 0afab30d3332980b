import ServiceLifecycle

/// Wakes the intake when the time has come for a flush, and empties it at the end.
struct IntakeService: Service, CustomStringConvertible {
    let intake: ServiceIntake

    var description: String { "IntakeService" }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in intake.activity {
                while let deadline = intake.deadline, !Task.isCancelled {
                    try? await Task.sleep(until: deadline, clock: .continuous)
                    intake.tick()
                }
            }
        }
        await drain()
    }

    /// Writes what is there. Whoever sends to it, the HTTP server and the consumer, has stopped before; what the store
    /// does not take goes to the recovery log, and what neither takes is tried until the time to stop is over.
    private func drain() async {
        intake.stop()
        while intake.unsaved > 0, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
