/// A whole copy of the read model with tables, inbox and consumer group of its own; counted from 1, never used again.
struct Generation: Sendable, Hashable, Comparable, CustomStringConvertible {
    let number: Int

    /// The consumer group that feeds it.
    var group: String { "mypage-g\(number)" }
    var next: Generation { Generation(number: number + 1) }
    var description: String { "generation \(number)" }

    static let first = Generation(number: 1)
    static func < (left: Generation, right: Generation) -> Bool { left.number < right.number }
}

/// Which generations there are.
struct Generations: Sendable, Hashable {
    /// `building → live → dropped`.
    enum State: String, Sendable, Hashable {
        /// Fed by the rebuild alone, from the beginning of the log.
        case building
        /// Fed by every replica of the service.
        case live
        /// Its tables are gone, or about to go.
        case dropped
    }

    /// The one that readers see.
    var active: Generation
    var states: [Generation: State]

    var live: Set<Generation> { Set(states.filter { $0.value == .live }.keys) }
    /// The one that a rebuild has left unfinished, if any.
    var building: Generation? { states.filter { $0.value == .building }.keys.max() }
    /// The one after all there have ever been: an old number's consumer group would not begin at the beginning.
    var upcoming: Generation { (states.keys.max() ?? active).next }
}

/// Makes, switches and drops generations.
protocol GenerationStore: Sendable {
    /// - Throws: When the database is away or was never migrated.
    func generations() async throws -> Generations

    /// Makes the tables of a generation and lists it as building.
    func create(_ generation: Generation) async throws

    /// From now on the service's replicas feed it.
    func release(_ generation: Generation) async throws

    /// Lets readers see another generation, from one statement to the next.
    func activate(_ generation: Generation) async throws

    /// From now on nobody feeds it; refused for the active one.
    ///
    /// - Returns: Whether it was dropped.
    func retire(_ generation: Generation) async throws -> Bool

    /// Drops the tables of a generation that nobody feeds.
    func dropTables(_ generation: Generation) async throws
}
