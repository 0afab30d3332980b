import Foundation
import Logging
import Metrics
import Postgres

/// Brings the events of one file of the recovery log to the store. Done again, it changes nothing.
struct RecoveryReplay: Sendable {
    struct Report: Sendable {
        var stored = 0
        /// Stored before: the file had been replayed in part, or another event has the uuid.
        var duplicates = 0
        var rejected = 0
        /// Lines whose checksum does not fit.
        var damaged = 0

        var metadata: Logger.Metadata {
            [
                "recovery.stored": "\(stored)", "recovery.duplicates": "\(duplicates)",
                "recovery.rejected": "\(rejected)", "recovery.damaged": "\(damaged)",
            ]
        }
    }

    private static let batch = 1_000

    let pool: PostgresPool
    let logger: Logger

    func replay(_ file: RecoveryFile.Summary) async throws -> Report {
        guard let content = FileManager.default.contents(atPath: file.path) else {
            throw RecoveryLogError("a file cannot be read")
        }
        let bytes = [UInt8](content)
        var report = Report()
        var events: [Event] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            if let event = RecoveryLine.decode(bytes, start..<end) {
                events.append(event)
            } else {
                report.damaged += 1
                keepDamaged(bytes[start...end], of: file)
            }
            start = end + 1
            if events.count == Self.batch {
                try await store(events, &report)
                events.removeAll(keepingCapacity: true)
            }
        }
        if !events.isEmpty { try await store(events, &report) }
        return report
    }

    private func store(_ events: [Event], _ report: inout Report) async throws {
        let outcomes = try await pool.run { connection in
            try PostgresEventWriter(connection: .success(connection), isReplay: true).write(events)
        }
        for outcome in outcomes {
            switch outcome {
            case .stored: report.stored += 1
            case .duplicate: report.duplicates += 1
            default: report.rejected += 1
            }
        }
        Counter(label: "events_recovered_total").increment(by: events.count)
    }

    /// A line that is damaged in the middle of a file is kept aside for whoever wants to look at it.
    private func keepDamaged(_ line: ArraySlice<UInt8>, of file: RecoveryFile.Summary) {
        logger.error("a line of the recovery log is damaged", metadata: ["recovery.file": "\(file.number)"])
        let path = (file.path as NSString).deletingLastPathComponent + "/damaged.txt"
        guard let handle = fopen(path, "a") else { return }
        let line = Array(line)
        fwrite(line, 1, line.count, handle)
        fclose(handle)
    }
}
