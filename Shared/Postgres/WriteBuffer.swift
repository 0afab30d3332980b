import Foundation

/// A growing block of memory that binary values are written to, and used again for the next statement.
final class WriteBuffer {
    private static let initialCapacity = 4096
    private static let keptCapacity = 4 << 20

    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init() {
        capacity = Self.initialCapacity
        base = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { base.deallocate() }

    /// Forgets what was written; gives memory back after an unusually large statement.
    func removeAll() {
        count = 0
        if capacity > Self.keptCapacity { move(to: Self.initialCapacity) }
    }

    /// Makes room for `extra` bytes.
    func reserve(_ extra: Int) {
        if capacity - count < extra { move(to: max(capacity * 2, count + extra)) }
    }

    /// Writes a number in network byte order.
    func put<Value: FixedWidthInteger>(_ value: Value) {
        reserve(MemoryLayout<Value>.size)
        base.storeBytes(of: value.bigEndian, toByteOffset: count, as: Value.self)
        count += MemoryLayout<Value>.size
    }

    func put(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let start = bytes.baseAddress { (base + count).copyMemory(from: start, byteCount: bytes.count) }
        count += bytes.count
    }

    func put(_ bytes: [UInt8]) { bytes.withUnsafeBytes { put($0) } }

    func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    func put(_ value: UUID) { withUnsafeBytes(of: value.uuid) { put($0) } }

    /// Overwrites the length that stands at `offset`.
    func setLength(_ length: Int, at offset: Int) {
        base.storeBytes(of: Int32(truncatingIfNeeded: length).bigEndian, toByteOffset: offset, as: Int32.self)
    }

    private func move(to newCapacity: Int) {
        let moved = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 8)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = newCapacity
    }
}
