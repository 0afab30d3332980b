/// Calls of a window, counted.
struct WindowCounts: Sendable, Hashable {
    var calls = 0
    var failures = 0
    var slowCalls = 0

    mutating func add(_ mark: CallMark) {
        calls += 1
        if mark.contains(.failure) { failures += 1 }
        if mark.contains(.slow) { slowCalls += 1 }
    }

    mutating func remove(_ mark: CallMark) {
        calls -= 1
        if mark.contains(.failure) { failures -= 1 }
        if mark.contains(.slow) { slowCalls -= 1 }
    }

    mutating func remove(_ other: WindowCounts) {
        calls -= other.calls
        failures -= other.failures
        slowCalls -= other.slowCalls
    }
}
