import Foundation
import Orders
import Redis

/// Counts and positions in Redis. Its calls block: they run on the threads of a pool.
struct RedisStatistics: Sendable {
    /// Set-aside lines that are kept.
    static let keptSetAside = 10_000

    let grace: Duration
    let windowLength: Int64
    /// How long windows are kept.
    let keep: Duration

    /// What is known of a way.
    func load(_ way: String, on connection: RedisConnection) throws -> WayState {
        let fields = try connection.command("HGETALL", StatisticsKeys.position(way)).fields()
        var state = WayState(
            windows: TumblingWindows(
                length: windowLength, grace: grace.milliseconds,
                watermark: fields["watermark"].flatMap { Int64($0) } ?? .min, open: Self.open(fields["open"] ?? "")))
        state.version = fields["version"].flatMap { Int64($0) } ?? 0
        state.nextOffset = fields["offset"].flatMap { Int64($0) } ?? 0
        for (field, value) in fields {
            guard let key = WayState.FileKey(field: field), let file = WayState.FileState(field: value) else {
                continue
            }
            state.files[key] = file
        }
        return state
    }

    /// Commits a batch.
    ///
    /// - Parameters:
    ///   - before: The version of the state that the batch was counted into.
    ///   - taken: How many lines leave the list.
    /// - Returns: `false` when somebody else has committed meanwhile; then nothing was changed.
    func commit(
        _ batch: CountedBatch, _ state: WayState, before: Int64, way: String, taken: Int = 0,
        on connection: RedisConnection
    ) throws -> Bool {
        var keys = [
            StatisticsKeys.position(way), StatisticsKeys.totals, StatisticsKeys.setAside, StatisticsKeys.queue,
        ]
        let increments = increments(batch, &keys)
        let windows = windows(batch, &keys)
        let fields = fields(batch, state)
        let aside = batch.setAside.map(\.json)
        return try connection.eval(.commit, keys: keys) { command in
            command.append(before)
            command.append(keep.components.seconds)
            command.append(Self.keptSetAside)
            command.append(taken)
            command.append(fields.count)
            for (field, value) in fields {
                command.append(field)
                command.append(value)
            }
            command.append(batch.forgotten.count)
            for key in batch.forgotten { command.append(key.field) }
            Self.append(totals(batch), to: &command)
            command.append(aside.count)
            for entry in aside { command.append(entry) }
            command.append(increments.count)
            for (key, entries) in increments {
                command.append(key)
                Self.append(entries, to: &command)
            }
            command.append(windows.count)
            for (key, window) in windows {
                command.append(key)
                command.append(window.seconds)
                command.append(window.description)
            }
        }.int() == 1
    }

    private static func append(_ entries: [(String, Int)], to command: inout RedisCommand) {
        command.append(entries.count)
        for (name, count) in entries {
            command.append(name)
            command.append(count)
        }
    }

    private func totals(_ batch: CountedBatch) -> [(String, Int)] {
        var totals = [("counted", batch.counted), ("repeated", batch.repeated), ("late", batch.late)]
        totals.append(("set-aside", batch.setAside.count))
        return totals.filter { $0.1 > 0 }
    }

    private func increments(_ batch: CountedBatch, _ keys: inout [String]) -> [(Int, [(String, Int)])] {
        var all: [(Int, [(String, Int)])] = []
        for (key, counts) in batch.counts.sorted(by: { $0.key < $1.key }) {
            let branch = OrderCatalogue.branches[Int(key.branch)]
            for type in StatisticsType.allCases {
                keys.append(StatisticsKeys.counts(branch, key.window, type))
                all.append((keys.count, counts.entries(type).map { ($0.name, Int($0.count)) }))
            }
        }
        return all
    }

    private func windows(_ batch: CountedBatch, _ keys: inout [String]) -> [(Int, WindowDate)] {
        var all: [(Int, WindowDate)] = []
        for key in batch.counts.keys.sorted() {
            let name = StatisticsKeys.windows(OrderCatalogue.branches[Int(key.branch)])
            if !keys.contains(name) { keys.append(name) }
            guard let index = keys.firstIndex(of: name) else { continue }
            all.append((index + 1, key.window))
        }
        return all
    }

    private func fields(_ batch: CountedBatch, _ state: WayState) -> [(String, String)] {
        var fields = [("version", String(state.version)), ("offset", String(state.nextOffset))]
        if state.windows.watermark != .min { fields.append(("watermark", String(state.windows.watermark))) }
        fields.append(
            ("open", state.windows.open.sorted().map { "\($0.branch):\($0.window.seconds)" }.joined(separator: ",")))
        for key in batch.touched {
            guard let file = state.files[key] else { continue }
            fields.append((key.field, file.field))
        }
        return fields
    }

    private static func open(_ text: String) -> Set<TumblingWindows.Key> {
        var open: Set<TumblingWindows.Key> = []
        for part in text.split(separator: ",") {
            let numbers = part.split(separator: ":").compactMap { Int64($0) }
            guard numbers.count == 2, OrderCatalogue.branches.indices.contains(Int(numbers[0])) else { continue }
            open.insert(.init(branch: UInt8(numbers[0]), window: WindowDate(seconds: numbers[1])))
        }
        return open
    }
}

extension WayState.FileKey {
    /// `<generation>|<lane>`
    var field: String { "\(generation)|\(lane)" }

    init?(field: String) {
        guard field.utf8.count > 36, let generation = LineID.Generation(String(field.prefix(36))) else { return nil }
        self.init(generation: generation, lane: String(field.dropFirst(37)))
    }
}

extension WayState.FileState {
    /// `<touched>;<ranges>`
    var field: String { "\(touched);\(seen.text)" }

    init?(field: String) {
        let parts = field.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 2, let touched = Int64(parts[0]), let seen = OffsetSet(parts[1]) else { return nil }
        self.init(seen: seen, touched: touched)
    }
}

extension SetAside {
    /// As it stands in the list of set-aside lines.
    var json: String {
        var members = ["reason": fault.rawValue, "beginning": beginning]
        members["id"] = id?.description
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(members)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension Duration {
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
