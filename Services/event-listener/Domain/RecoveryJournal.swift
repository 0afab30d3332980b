/// Where events go that the store does not take now: durable on this host. Its calls may block for a write to disk.
protocol RecoveryJournal: Sendable {
    /// Whether it takes more, as far as is known; cheap.
    var hasRoom: Bool { get }

    /// Keeps all of the events, durably, or none: then it answers `false`.
    func append(_ events: [Event]) -> Bool
}
