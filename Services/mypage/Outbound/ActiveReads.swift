import MariaDB
import Synchronization

/// The reading statements of whichever generation is active.
final class ActiveReads: Sendable {
    private let active: ActiveGeneration
    private let prepared = Mutex<MypageReads?>(nil)

    init(_ active: ActiveGeneration) { self.active = active }

    /// Runs `body` with the active generation's statements; once more if that generation has been dropped meanwhile.
    func use<Value>(
        _ connection: MariaDBConnection, _ body: (MypageReads, MariaDBConnection) throws(MariaDBError) -> Value
    ) throws -> Value {
        guard let generation = active.active else { return try refreshed(connection, body) }
        do {
            return try body(reads(generation), connection)
        } catch  where error.isMissingTable {
            return try refreshed(connection, body)
        }
    }

    private func refreshed<Value>(
        _ connection: MariaDBConnection, _ body: (MypageReads, MariaDBConnection) throws(MariaDBError) -> Value
    ) throws -> Value {
        let generations = try MariaDBGenerationStore.generations(on: connection)
        active.generations = generations
        return try body(reads(generations.active), connection)
    }

    private func reads(_ generation: Generation) -> MypageReads {
        prepared.withLock { prepared in
            if let prepared, prepared.generation == generation { return prepared }
            let fresh = MypageReads(generation)
            prepared = fresh
            return fresh
        }
    }
}
