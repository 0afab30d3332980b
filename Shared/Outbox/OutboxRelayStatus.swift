import Metrics
import Synchronization

/// Whether this replica's relay is the active one; information for `/readyz` and metrics.
public final class OutboxRelayStatus: Sendable {
    private let active = Atomic<Bool>(false)

    public init() {}

    public var isActive: Bool { active.load(ordering: .relaxed) }

    func set(isActive: Bool) {
        active.store(isActive, ordering: .relaxed)
        Gauge(label: "outbox_relay_active").record(isActive ? 1 : 0)
    }
}
