import Contracts

/// Reads the active generation of the read model.
protocol MypageRepository: Sendable {
    /// The row of a mission, or `nil`.
    func find(_ id: Int64) async throws -> Mypage?

    typealias Completion = @Sendable (Result<Mypage?, any Error>) -> Void

    /// The same for many, without a task to wait in; each completion is called once, from any thread.
    func find(_ wanted: [(Int64, Completion)])

    func list(_ filter: MypageFilter, _ page: PageRequest) async throws -> Page<Mypage>

    /// Which version of an entity has been seen; 0 if none.
    func version(of entity: ConsistencyToken.Entity, id: Int64) async throws -> Int64
}
