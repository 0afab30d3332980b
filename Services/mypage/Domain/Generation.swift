/// A whole copy of the read model with tables, inbox and consumer group of its own; counted from 1.
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
    /// The one that readers see.
    var active: Generation
    /// All that are fed, the active one among them.
    var live: Set<Generation>

    /// The one that is being built, if any.
    var building: Generation? { live.filter { $0 > active }.max() }
}

/// Makes, switches and drops generations.
protocol GenerationStore: Sendable {
    /// - Throws: When the database is away or was never migrated.
    func generations() async throws -> Generations

    /// Makes the tables of a generation and lists it as live; does nothing if it is.
    func create(_ generation: Generation) async throws

    /// Lets readers see another generation, from one statement to the next.
    func activate(_ generation: Generation) async throws

    /// Takes a generation off the list, so that nobody feeds it any longer.
    func retire(_ generation: Generation) async throws

    /// Drops the tables of a generation that is not live.
    func dropTables(_ generation: Generation) async throws
}
