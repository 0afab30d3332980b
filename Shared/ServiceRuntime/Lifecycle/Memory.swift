import Foundation

/// Keeps the process small.
enum Memory {
    /// glibc gives every thread a malloc arena of its own, which costs megabytes each; two are enough for the few
    /// threads that allocate much. `MALLOC_ARENA_MAX` set from outside wins.
    static func limitArenas() {
        guard getenv("MALLOC_ARENA_MAX") == nil else { return }
        // Not in Swift's Glibc module, so it is looked up: `int mallopt(int parameter, int value)`, M_ARENA_MAX = -8.
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let mallopt = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        _ = mallopt(-8, 2)
    }
}
