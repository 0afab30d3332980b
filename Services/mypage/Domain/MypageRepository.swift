import Contracts

/// Reads the active generation of the read model.
protocol MypageRepository: Sendable {
    /// The row of a mission, or `nil`.
    func find(_ id: Int64) async throws -> Mypage?

    /// The same without a task to wait in; `then` is called once, from any thread.
    func find(_ id: Int64, then: @escaping @Sendable (Result<Mypage?, any Error>) -> Void)

    func list(_ filter: MypageFilter, _ page: PageRequest) async throws -> Page<Mypage>

    /// Which version of an entity has been seen; 0 if none.
    func version(of entity: ConsistencyToken.Entity, id: Int64) async throws -> Int64
}
