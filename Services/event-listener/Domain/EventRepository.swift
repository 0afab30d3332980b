import Foundation

/// The stored events, for readers.
protocol EventRepository: Sendable {
    func find(_ uuid: UUID) async throws -> Event?

    /// Up to `limit` events in the order of the log, and where the next page begins.
    func list(_ query: EventQuery) async throws -> (events: [Event], next: EventPlace?)
}
