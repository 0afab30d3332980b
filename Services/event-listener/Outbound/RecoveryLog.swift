import Foundation
import Synchronization

/// Events on this host's disk, for the time that the store is away: append-only JSON Lines, each with a checksum, in files
/// of some megabytes, written and synced before anybody is answered.
///
/// Bounded: beyond `maxBytes`, or on a full disk, it takes nothing more and says so. Replicas may share a folder: each
/// takes a numbered subfolder of its own, held by a lock.
final class RecoveryLog: RecoveryJournal {
    private struct State {
        var slot: RecoverySlot?
        /// The file that grows.
        var current: RecoveryFile?
        /// Those that are complete, oldest first.
        var closed: [RecoveryFile.Summary] = []
        var nextNumber = 1
        var bytes = 0
        /// What the last attempt to write ended in; `nil` after one that went well.
        var fault: String?
    }

    let folder: String
    private let maxBytes: Int
    private let fileBytes: Int
    private let state = Mutex(State())
    /// What others may know, apart from ``state``: that one is locked while a disk is waited for, and event loops ask.
    private let view = Mutex((hasRoom: false, backlog: RecoveryBacklog(events: 0, bytes: 0, files: 0)))

    /// Touches nothing yet; see ``open()``.
    init(folder: String, maxBytes: Int, fileBytes: Int = 16 << 20) {
        self.folder = folder
        self.maxBytes = maxBytes
        self.fileBytes = fileBytes
    }

    /// Takes a subfolder and looks at what an earlier process left there; again, it does nothing.
    ///
    /// - Returns: How many bytes of half-written lines were cut off.
    /// - Throws: ``RecoveryLogError`` when the folder cannot be used.
    func open() throws -> Int {
        try withState { state in
            guard state.slot == nil else { return 0 }
            let slot = try RecoverySlot.take(in: folder)
            let (files, cut) = try slot.files()
            state.slot = slot
            state.closed = files
            state.nextNumber = (files.last?.number ?? 0) + 1
            state.bytes = files.reduce(0) { $0 + $1.bytes }
            return cut
        }
    }

    var hasRoom: Bool { view.withLock { $0.hasRoom } }
    /// What waits, and why nothing more is taken, if that is so.
    var backlog: RecoveryBacklog { view.withLock { $0.backlog } }

    private func withState<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
        try state.withLock { state in
            defer {
                let backlog = RecoveryBacklog(
                    events: state.closed.reduce(state.current?.summary.events ?? 0) { $0 + $1.events },
                    bytes: state.bytes, files: state.closed.count + (state.current == nil ? 0 : 1), fault: state.fault)
                let hasRoom = state.slot != nil && state.bytes < maxBytes && state.fault == nil
                view.withLock { $0 = (hasRoom, backlog) }
            }
            return try body(&state)
        }
    }

    func append(_ events: [Event]) -> Bool {
        guard !events.isEmpty else { return true }
        let lines = RecoveryLine.encode(events)
        return withState { state in
            guard let slot = state.slot, state.bytes + lines.count <= maxBytes else { return false }
            do {
                if state.current == nil {
                    state.current = try slot.create(number: state.nextNumber)
                    state.nextNumber += 1
                }
                try state.current?.append(lines, events: events.count)
                state.bytes += lines.count
                state.fault = nil
            } catch {
                // The file ends with its last good line; the next attempt gets a file of its own.
                state.fault = "\(error)"
                close(&state)
                return false
            }
            if let current = state.current, current.summary.bytes >= fileBytes { close(&state) }
            return true
        }
    }

    /// Finds out by writing whether a fault is over. Blocks.
    func probe() {
        withState { state in
            if state.fault != nil, let slot = state.slot { state.fault = slot.writeFault() }
        }
    }

    /// The oldest file that is complete; the growing one is closed when there is no other.
    func oldest() -> RecoveryFile.Summary? {
        withState { state in
            if state.closed.isEmpty { close(&state) }
            return state.closed.first
        }
    }

    /// Removes a file whose events are all stored.
    func remove(_ file: RecoveryFile.Summary) throws {
        try withState { state in
            guard let index = state.closed.firstIndex(of: file) else { return }
            try state.slot?.remove(file)
            state.closed.remove(at: index)
            state.bytes -= file.bytes
        }
    }

    private func close(_ state: inout State) {
        guard let current = state.current else { return }
        if current.summary.events > 0 { state.closed.append(current.summary) }
        state.current = nil
    }
}

/// What waits in the recovery log.
struct RecoveryBacklog: Sendable, Hashable {
    var events: Int
    var bytes: Int
    var files: Int
    var fault: String?
}
