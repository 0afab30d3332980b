import Contracts
import MariaDB
import WorkerThreads

/// Reads the active generation; concurrent look-ups by id share one statement.
struct MariaDBMypageRepository: MypageRepository {
    private let pool: MariaDBPool
    private let reads: ActiveReads
    private let rows: Coalescer<MariaDBPooledConnection, Int64, Mypage?>
    private let versions: Coalescer<MariaDBPooledConnection, VersionKey, Int64>

    /// - Parameter workers: How many look-ups run side by side; fewer than the pool has connections, so that lists and
    ///   checks find a free one.
    init(pool: MariaDBPool, active: ActiveGeneration, workers: Int = 1, maxBatch: Int = 256, queueLimit: Int = 10_000) {
        let reads = ActiveReads(active)
        self.pool = pool
        self.reads = reads
        rows = Coalescer(
            maxBatch: maxBatch, queueLimit: queueLimit, workers: workers, perform: { pool.perform($0) },
            run: { pooled, ids in
                Self.answered(ids) {
                    let found = try reads.use(try pooled.connected()) { (reads, connection) throws(MariaDBError) in
                        try reads.rows(ids, on: connection)
                    }
                    return { found[$0] }
                }
            })
        versions = Coalescer(
            maxBatch: maxBatch, queueLimit: queueLimit, perform: { pool.perform($0) },
            run: { pooled, keys in
                Self.answered(keys) {
                    let found = try reads.use(try pooled.connected()) { (reads, connection) throws(MariaDBError) in
                        try Self.versions(of: keys, reads, connection)
                    }
                    return { found[$0] ?? 0 }
                }
            })
    }

    func find(_ id: Int64) async throws -> Mypage? {
        do {
            return try await rows.submit(id)
        } catch {
            throw Self.translated(error)
        }
    }

    func find(_ wanted: [(Int64, Completion)]) {
        rows.submit(
            wanted.map { id, completion in
                (id, { @Sendable result in completion(result.mapError(Self.translated)) })
            })
    }

    func list(_ filter: MypageFilter, _ page: PageRequest) async throws -> Page<Mypage> {
        let reads = self.reads
        do {
            return try await pool.run { connection in
                try reads.use(connection) { (reads, connection) throws(MariaDBError) in
                    try reads.list(filter, page, on: connection)
                }
            }
        } catch {
            throw Self.translated(error)
        }
    }

    func version(of entity: ConsistencyToken.Entity, id: Int64) async throws -> Int64 {
        do {
            return try await versions.submit(VersionKey(entity: entity, id: id))
        } catch {
            throw Self.translated(error)
        }
    }

    private static func versions(
        of keys: [VersionKey], _ reads: MypageReads, _ connection: MariaDBConnection
    ) throws(MariaDBError) -> [VersionKey: Int64] {
        var found: [VersionKey: Int64] = [:]
        for entity in Set(keys.map(\.entity)) {
            let ids = keys.filter { $0.entity == entity }.map(\.id)
            for (id, version) in try reads.versions(of: entity, ids, on: connection) {
                found[VersionKey(entity: entity, id: id)] = version
            }
        }
        return found
    }

    private static func answered<Input, Output>(
        _ inputs: [Input], _ read: () throws -> (Input) -> Output
    ) -> [Result<Output, any Error>] {
        do {
            let answer = try read()
            return inputs.map { .success(answer($0)) }
        } catch {
            return inputs.map { _ in .failure(error) }
        }
    }

    private static func translated(_ error: any Error) -> any Error {
        switch error {
        case let error as MariaDBError where error.code == .queueFull: DomainError.storeBusy
        case let error as MariaDBError where error.isUnavailable: DomainError.storeUnavailable
        case is CoalescerError: DomainError.storeBusy
        default: error
        }
    }
}

private struct VersionKey: Sendable, Hashable {
    let entity: ConsistencyToken.Entity
    let id: Int64
}
