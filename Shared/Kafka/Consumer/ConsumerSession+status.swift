import CRdkafka

/// What the consumer tells of itself, and its end.
extension ConsumerSession {
    private static let statusInterval = Duration.seconds(1)

    /// Renews the status and the gauges, once a second or when something has changed.
    func publishStatus(now: ContinuousClock.Instant, isForced: Bool = false) {
        guard isForced || statusAt <= now else { return }
        statusAt = now + Self.statusInterval
        let requested = shared.commits.requested
        var status = KafkaConsumerStatus()
        status.assigned = partitions.keys.sorted()
        status.isJoined = isJoined
        status.isConnected = liveness.isConnected
        status.isPaused = isPaused
        status.fatalError = handle.fatalError
        for partition in status.assigned {
            guard let state = partitions[partition] else { continue }
            if let gap = state.gap { status.gaps.append(gap) }
            let known = handle.knownWatermarks(partition)
            guard let high = known.high else { continue }
            let lag = max(high - (requested[partition] ?? state.committed ?? known.low ?? 0), 0)
            status.lag[partition] = lag
            state.lag.record(lag)
        }
        shared.status.withLock { $0 = status }
    }

    /// Asks for a broker when there was no sign of one for a while.
    func look(isHeard: Bool) {
        let wasConnected = liveness.isConnected
        if isHeard {
            liveness.sign(now: .now)
        } else if liveness.isQuestionDue(now: .now) {
            liveness.answered(handle.isAnswered(within: Liveness.questionTime), now: .now)
        }
        if liveness.isConnected != wasConnected { statusAt = .now }
    }

    /// Commits what the owner has asked for so far, and waits for the outcome.
    func commitAndWait(_ timeout: Duration) throws(KafkaError) {
        guard !isClosed else { throw KafkaError(.closed) }
        let offsets = shared.commits.unconfirmed
        guard !offsets.isEmpty else { return }
        try handle.commit(offsets, timeout: timeout)
        shared.noteCommitted()
        shared.updateCommits { commits in
            commits.confirm(offsets)
            return nil
        }
    }

    /// Commits and leaves the group, in at most a few seconds; then the client is given up.
    func close() {
        guard !isClosed else { return }
        do {
            try commitAndWait(.seconds(3))
        } catch {
            handle.context.log.write(error)
        }
        if !isJoined || partitions.isEmpty { handle.keepAlive() }
        leave(by: .now + .seconds(3))
        isClosed = true
        isJoined = false
        shared.detach()
        for state in partitions.values { state.retire() }
        partitions = [:]
        publishStatus(now: .now, isForced: true)
    }

    /// The blocking close of librdkafka knows no time limit, so it is done in the background and served from here.
    private func leave(by deadline: ContinuousClock.Instant) {
        let events = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(events) }
        if let error = KafkaError.take(rd_kafka_consumer_close_queue(handle.pointer, events)) {
            handle.context.log.write(error)
            return
        }
        while rd_kafka_consumer_closed(handle.pointer) == 0, .now < deadline {
            // Not `rd_kafka_queue_poll_callback`, which aborts the process when it meets a message.
            if let message = rd_kafka_consume_queue(events, 50) { rd_kafka_message_destroy(message) }
        }
    }
}
