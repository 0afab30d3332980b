import Contracts
import Kafka
import Messaging
import Resilience
import ServiceRuntime

/// Builds a new generation from the beginning of the log, beside those that are live, and lets readers see it.
///
/// 1. Notes what the log holds now, and refuses if the beginning of it is gone.
/// 2. Makes the tables (or goes on with a generation that a killed rebuild has left) and feeds them by itself, as the
///    only member of the generation's consumer group, until they have everything from step 1.
/// 3. Lists the generation as live: the service's replicas join the group, and both generations are fed from then on.
/// 4. Leaves the group, and gives the replicas time to share its partitions out, so that readers meet no standstill.
/// 5. Switches readers by one row.
///
/// Messages that cannot be applied are skipped: the live generation's consumer has made dead letters of them.
struct Rebuild {
    let store: any GenerationStore
    let lock: RebuildLock
    let kafka: KafkaSettings
    let projection: (Generation) -> any MypageProjection
    let logger: Logger
    /// How long replicas of the service may take to join the group before readers are switched without them.
    var joinLimit: Duration = .seconds(10)

    /// - Parameter mayBeHeadless: Whether a log without its beginning will do, because every source has been
    ///   republished since.
    func callAsFunction(mayBeHeadless: Bool) async throws -> Generation {
        guard try await lock.take() else { throw ServiceFailure("another rebuild is running") }
        let generations = try await store.generations()
        var progress = try await measured()
        if let place = progress.headless.first, !mayBeHeadless {
            throw ServiceFailure(
                """
                the beginning of the log is gone, so it does not tell everything (first: \(place.topic), partition \
                \(place.partition)): run the subcommand republish of mission, reward, gift and telegram, wait until \
                their outboxes are empty, then run rebuild --republished
                """)
        }
        let generation = generations.building ?? generations.upcoming
        if generations.building == nil { try await store.create(generation) }
        logger.info(
            "rebuilding",
            metadata: ["mypage.generation": "\(generation.number)", "rebuild.events": "\(progress.total)"])
        var configuration = kafka.consumer(group: generation.group, topics: MypageEvents.types.keys.sorted())
        configuration.instanceID = nil
        let feed = RebuildFeed(
            consumer: try KafkaConsumer(configuration, logger: logger), projection: projection(generation),
            logger: logger)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await fill(generation, feed, &progress))
        } catch {
            outcome = .failure(error)
        }
        let hadCompany = feed.hasCompany
        await feed.close()
        try outcome.get()
        if hadCompany { try await Task.sleep(for: kafka.sessionTimeout + .seconds(1)) }
        try await requireLock()
        try await store.activate(generation)
        logger.info("readers see the new generation", metadata: ["mypage.generation": "\(generation.number)"])
        return generation
    }

    /// Feeds the generation until it has everything and others feed it, too.
    private func fill(_ generation: Generation, _ feed: RebuildFeed, _ progress: inout RebuildProgress) async throws {
        var reported = ContinuousClock.now
        while !progress.isCaughtUp {
            try await feed.step(&progress)
            if reported.duration(to: .now) >= .seconds(1) {
                reported = .now
                logger.info(
                    "rebuilding",
                    metadata: ["rebuild.done": "\(progress.done)", "rebuild.events": "\(progress.total)"])
            }
        }
        try await requireLock()
        try await store.release(generation)
        let deadline = ContinuousClock.now + joinLimit
        while !feed.hasCompany, .now < deadline { try await feed.step(&progress) }
    }

    private func requireLock() async throws {
        guard try await lock.isHeld() else {
            throw ServiceFailure("the lock was lost with the connection to the database; run rebuild again to go on")
        }
    }

    private func measured() async throws -> RebuildProgress {
        let admin = try KafkaAdmin(kafka.client, logger: logger)
        let outcome: Result<RebuildProgress, any Error>
        do {
            outcome = .success(try await measured(admin))
        } catch {
            outcome = .failure(error)
        }
        await admin.close()
        return try outcome.get()
    }

    private func measured(_ admin: KafkaAdmin) async throws -> RebuildProgress {
        var extents: [RebuildProgress.Place: RebuildProgress.Extent] = [:]
        for topic in MypageEvents.types.keys.sorted() {
            let count: Int
            do {
                count = try await admin.partitionCount(topic: topic)
            } catch let error as KafkaError where error.code == .unknownTopic {
                continue
            }
            for partition in 0..<Int32(count) {
                let (low, high) = try await admin.watermarks(topic: topic, partition: partition)
                extents[RebuildProgress.Place(topic: topic, partition: partition)] =
                    RebuildProgress.Extent(oldest: low, end: high)
            }
        }
        return RebuildProgress(extents)
    }
}
