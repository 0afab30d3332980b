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
        /// How many entries are with the sink.
        var taken = 0
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

    func take(maxLines: Int) async throws -> LineBatch? {
        await state.wait { state in
            guard let first = state.entries.first else { return nil }
            var batch = first.batch
            state.taken = 1
            while state.taken < state.entries.count,
                batch.count + state.entries[state.taken].batch.count <= maxLines
            {
                batch.append(state.entries[state.taken].batch)
                state.taken += 1
            }
            return batch
        }
    }

    func commit() async throws {
        let done = state.update { state in
            let done = Array(state.entries.prefix(state.taken))
            state.entries.removeFirst(state.taken)
            state.taken = 0
            for entry in done {
                state.fill.lines -= entry.batch.count
                state.fill.bytes -= entry.batch.bytes.count
            }
            return done
        }
        for entry in done { entry.safe() }
    }

    func rollback() async { state.update { $0.taken = 0 } }

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
