import DequeModule
import WorkerThreads

/// Keeps lines in memory. A source that can read again loses nothing with it: `safe` comes with the sink's commit.
final class MemoryChannel: Channel {
    private struct Entry: Sendable {
        let batch: LineBatch
        let safe: @Sendable () -> Void
    }

    private struct State: Sendable {
        var entries: Deque<Entry> = []
        var fill = ChannelFill()
        /// How many entries each batch has that is with the sink.
        var taken: Deque<Int> = []

        mutating func take(maxLines: Int) -> LineBatch? {
            let first = taken.reduce(0, +)
            guard first < entries.count else { return nil }
            var batch = entries[first].batch
            var next = first + 1
            while next < entries.count, batch.count + entries[next].batch.count <= maxLines {
                batch.append(entries[next].batch)
                next += 1
            }
            taken.append(next - first)
            return batch
        }
    }

    private let state = AsyncCondition(State())
    private let maxBytes: Int

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    var waiting: ChannelFill { state.read(\.fill) }

    func put(_ batch: LineBatch, safe: @escaping @Sendable () -> Void) async throws {
        let maxBytes = maxBytes
        let isIn: Void? = await state.wait(wakes: true) { state in
            // A batch that is larger than the whole channel goes in alone.
            guard state.fill.bytes + batch.bytes.count <= maxBytes || state.entries.isEmpty else { return nil }
            state.entries.append(Entry(batch: batch, safe: safe))
            state.fill.lines += batch.count
            state.fill.bytes += batch.bytes.count
            return ()
        }
        guard isIn != nil else { throw CancellationError() }
    }

    func take(maxLines: Int, waits: Bool) async throws -> LineBatch? {
        guard waits else { return state.change { $0.take(maxLines: maxLines) } }
        return await state.wait { $0.take(maxLines: maxLines) }
    }

    func commit() async throws {
        let done = state.update { state in
            let count = state.taken.popFirst() ?? 0
            let done = Array(state.entries.prefix(count))
            state.entries.removeFirst(count)
            for entry in done {
                state.fill.lines -= entry.batch.count
                state.fill.bytes -= entry.batch.bytes.count
            }
            return done
        }
        for entry in done { entry.safe() }
    }

    func rollback() async { state.update { $0.taken = [] } }

    func close() async {}
}

extension MemoryChannel {
    struct Settings: ChannelSettings {
        static let type = "memory"
        let maxBytes: Int

        init(_ section: inout Section) throws(ConfigFault) {
            maxBytes = try section.bytes("maxBytes", default: 8 << 20)
        }

        func make(_ context: ComponentContext) throws -> any Channel { MemoryChannel(maxBytes: maxBytes) }
    }
}
