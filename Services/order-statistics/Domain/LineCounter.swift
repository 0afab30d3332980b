import Foundation
import Orders

/// Counts a batch of lines into the state of their way. Pure: the same lines, state and time give the same change.
struct LineCounter {
    /// Beyond this, what is at hand is put back into the state, and gathers anew.
    private static let maxAtHand = 64

    /// A file's lane, found again by its branch's bytes without making a string.
    private struct Lane {
        let key: WayState.FileKey
        let branch: ShortName
        var file: WayState.FileState
    }

    private struct Window {
        let key: TumblingWindows.Key
        var counts: WindowCounts
    }

    private var state: WayState
    private var batch = CountedBatch()
    private let now: Int64
    private var latest = Int64.min
    // Most lines belong to a few lanes and windows: they are at hand while the batch is counted.
    private var lanes: [Lane] = []
    private var windows: [Window] = []

    /// - Parameter now: In milliseconds since 1970.
    init(_ state: WayState, now: Int64) {
        self.state = state
        self.now = now
    }

    /// Counts one line, unless it has been counted before.
    ///
    /// - Parameter isPassed: The line's place in the topic has been counted already. That decides for lines without an
    ///   id; for others the id does, which also holds when the topic was made anew.
    mutating func count(_ line: UnsafeBufferPointer<UInt8>, isPassed: Bool = false) {
        let scan = LineScan(line)
        if let scan, let id = scan.id {
            guard isNew(id, scan, line) else {
                batch.repeated += 1
                return
            }
        } else if isPassed {
            batch.repeated += 1
            return
        }
        guard let scan else { return setAside(nil, Self.fault(line), line) }
        do throws(CoffeeOrder.Fault) {
            if scan.isTruncated { throw .tooLong }
            if scan.raw != nil || scan.rawBase64 != nil {
                try countWrapped(scan, line)
            } else {
                count(try CoffeeOrder(scan, in: line), orderedAt: scan.orderedAt ?? now, scan, line)
            }
        } catch {
            setAside(scan.id, error, line)
        }
    }

    /// The batch is complete: time goes on to its latest order.
    mutating func finish() -> (state: WayState, batch: CountedBatch) {
        putBack()
        if latest > .min { batch.ended += state.windows.advance(toEvent: latest, now: now) }
        forgetOldFiles()
        return (state, batch)
    }

    /// Nothing waits: time goes on to the present.
    mutating func finishIdle() -> (state: WayState, batch: CountedBatch) {
        batch.ended += state.windows.advance(toClock: now)
        return (state, batch)
    }

    private mutating func count(
        _ order: CoffeeOrder, orderedAt: Int64, _ scan: LineScan, _ line: UnsafeBufferPointer<UInt8>
    ) {
        switch admit(order.branch, orderedAt) {
        case .counts(let key):
            if let index = windows.firstIndex(where: { $0.key == key }) {
                windows[index].counts.add(order)
            } else {
                if windows.count == Self.maxAtHand { putBack() }
                var counts = batch.counts[key] ?? WindowCounts()
                counts.add(order)
                windows.append(Window(key: key, counts: counts))
            }
            batch.counted += 1
            latest = max(latest, orderedAt)
        case .late: batch.late += 1
        case .ahead: setAside(scan.id, .wrongTime, line)
        }
    }

    /// Time stands still within a batch: a window that took an order of it takes the next one too.
    private mutating func admit(_ branch: UInt8, _ orderedAt: Int64) -> TumblingWindows.Admission {
        let key = TumblingWindows.Key(
            branch: branch, window: WindowDate(containing: orderedAt, length: state.windows.length))
        if orderedAt <= now, windows.contains(where: { $0.key == key }) { return .counts(key) }
        return state.windows.admit(branch: branch, orderedAt: orderedAt, now: now)
    }

    private mutating func putBack() {
        for lane in lanes { state.files[lane.key] = lane.file }
        for window in windows { batch.counts[window.key] = window.counts }
        lanes.removeAll(keepingCapacity: true)
        windows.removeAll(keepingCapacity: true)
    }

    /// A line that the collector could not take for an object of its own may still be an order.
    private mutating func countWrapped(
        _ outer: LineScan, _ line: UnsafeBufferPointer<UInt8>
    ) throws(CoffeeOrder.Fault) {
        guard let raw = outer.raw else { throw .notUTF8 }
        guard let text = try? JSONDecoder().decode(String.self, from: Data(line[raw])) else { throw .notJSON }
        let inner = Array(text.utf8)
        let orderedAt = outer.orderedAt
        let order: (CoffeeOrder, Int64?) = try inner.withUnsafeBufferPointer { bytes throws(CoffeeOrder.Fault) in
            guard let scan = LineScan(bytes) else { throw Self.fault(bytes) }
            return (try CoffeeOrder(scan, in: bytes), scan.orderedAt)
        }
        count(order.0, orderedAt: order.1 ?? orderedAt ?? now, outer, line)
    }

    /// Whether the line has not been seen; it counts as seen from now on.
    private mutating func isNew(_ id: LineID, _ scan: LineScan, _ line: UnsafeBufferPointer<UInt8>) -> Bool {
        var span = scan.span ?? id.offset..<id.offset + 1
        if !span.contains(id.offset) { span = id.offset..<id.offset + 1 }
        let branch =
            scan.branch.map { UnsafeBufferPointer(rebasing: line[$0]) } ?? UnsafeBufferPointer(start: nil, count: 0)
        guard let short = ShortName(branch) else {
            let key = WayState.FileKey(generation: id.generation, lane: String(decoding: branch, as: UTF8.self))
            var file = state.files[key] ?? WayState.FileState(seen: OffsetSet(), touched: now)
            defer { state.files[key] = file }
            batch.touched.insert(key)
            return file.take(id.offset, span, now)
        }
        let index = lane(id.generation, short, branch)
        return lanes[index].file.take(id.offset, span, now)
    }

    /// Where the lane is at hand.
    private mutating func lane(
        _ generation: LineID.Generation, _ short: ShortName, _ branch: UnsafeBufferPointer<UInt8>
    ) -> Int {
        if let index = lanes.firstIndex(where: { $0.branch == short && $0.key.generation == generation }) {
            return index
        }
        if lanes.count == Self.maxAtHand { putBack() }
        let key = WayState.FileKey(generation: generation, lane: String(decoding: branch, as: UTF8.self))
        batch.touched.insert(key)
        // Taken out of the state, so that its ranges are changed in place.
        let file = state.files.removeValue(forKey: key) ?? WayState.FileState(seen: OffsetSet(), touched: now)
        lanes.append(Lane(key: key, branch: short, file: file))
        return lanes.count - 1
    }

    private mutating func setAside(
        _ id: LineID?, _ fault: CoffeeOrder.Fault, _ line: UnsafeBufferPointer<UInt8>
    ) {
        let beginning = String(decoding: line.prefix(SetAside.keptBytes), as: UTF8.self)
        batch.setAside.append(SetAside(id: id, fault: fault, beginning: beginning))
    }

    private mutating func forgetOldFiles() {
        guard state.files.count > WayState.maxFiles else { return }
        let oldest = state.files.sorted { $0.value.touched < $1.value.touched }
        for (key, _) in oldest.prefix(state.files.count - WayState.maxFiles) {
            state.files[key] = nil
            batch.touched.remove(key)
            batch.forgotten.append(key)
        }
    }

    private static func fault(_ line: UnsafeBufferPointer<UInt8>) -> CoffeeOrder.Fault {
        if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return .empty }
        return String(validating: line, as: UTF8.self) == nil ? .notUTF8 : .notJSON
    }
}
