import Foundation
import Orders

/// Counts a batch of lines into the state of their way. Pure: the same lines, state and time give the same change.
struct LineCounter {
    private(set) var state: WayState
    private(set) var batch = CountedBatch()
    private let now: Int64
    private var latest = Int64.min

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
        switch state.windows.admit(branch: order.branch, orderedAt: orderedAt, now: now) {
        case .counts(let key):
            batch.counts[key, default: WindowCounts()].add(order)
            batch.counted += 1
            latest = max(latest, orderedAt)
        case .late: batch.late += 1
        case .ahead: setAside(scan.id, .wrongTime, line)
        }
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
        let key = fileKey(id, scan, line)
        var span = scan.span ?? id.offset..<id.offset + 1
        if !span.contains(id.offset) { span = id.offset..<id.offset + 1 }
        batch.touched.insert(key)
        if state.files[key]?.seen.contains(id.offset) == true { return false }
        state.files[key, default: WayState.FileState(seen: OffsetSet(), touched: now)].seen.insert(span)
        state.files[key]?.touched = now
        return true
    }

    private mutating func fileKey(
        _ id: LineID, _ scan: LineScan, _ line: UnsafeBufferPointer<UInt8>
    ) -> WayState.FileKey {
        let lane = scan.branch.map { String(decoding: line[$0], as: UTF8.self) } ?? ""
        return WayState.FileKey(generation: id.generation, lane: lane)
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
