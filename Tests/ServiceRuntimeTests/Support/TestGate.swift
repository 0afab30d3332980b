import Synchronization

/// Lets through once it is open.
final class TestGate: Sendable {
    private let isOpen = Atomic<Bool>(false)

    func open() { isOpen.store(true, ordering: .relaxed) }

    func wait() async throws {
        while !isOpen.load(ordering: .relaxed) { try await Task.sleep(for: .milliseconds(2)) }
    }
}
