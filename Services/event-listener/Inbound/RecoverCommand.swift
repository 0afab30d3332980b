import ServiceRuntime

/// `event-listener recover`
struct RecoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Bring what waits in the recovery log to PostgreSQL.",
        discussion: """
            A running service does this by itself for its own subfolder of RECOVERY_DIR. This does it for those that no \
            running service holds: after a replica was removed, or with a folder that was brought from another host. \
            Run again, it changes nothing.
            """)

    func run() async throws {
        try await ServiceCommand.run(EventListenerService.self) { configuration, logger in
            let slots = try RecoverySlot.abandoned(in: configuration.recoveryFolder)
            var total = RecoveryReplay.Report()
            try await EventListenerService.withPool(configuration, logger) { pool in
                let replay = RecoveryReplay(pool: pool, logger: logger)
                for slot in slots {
                    for file in try slot.files().files {
                        let report = try await replay.replay(file)
                        try slot.remove(file)
                        total.stored += report.stored
                        total.duplicates += report.duplicates
                        total.rejected += report.rejected
                        total.damaged += report.damaged
                    }
                }
            }
            print(
                "\(slots.count) folders: \(total.stored) events stored, \(total.duplicates) were stored before, "
                    + "\(total.rejected) set aside, \(total.damaged) damaged lines")
        }
    }
}
