import CRdkafka
import Logging

/// What happens when offsets do not follow one another, or the broker says that one is out of range.
extension ConsumerSession {
    /// Whether the message at `offset`, which is not the expected one, may be handed on.
    func admits(_ offset: Int64, _ state: PartitionState) -> Bool {
        if state.next == .unknown, !resolve(state, arrived: offset) { return false }
        guard case .offset(let expected) = state.next, offset > expected else { return true }
        guard let low = try? handle.watermarks(state.partition, timeout: Self.questionTimeout).low else {
            // Not known whether anything is missing: read it once more and ask again.
            restart(state, at: expected)
            return false
        }
        switch GapRule.judgeJump(expected: expected, arrived: offset, low: low) {
        case .complete, .shortened: return true
        case .gap(let first, let missing):
            found(gap(state, expected, first, missing), state)
            return configuration.onGap == .earliest
        }
    }

    /// Tries again what could not be found out about lost positions.
    func repairPositions(now: ContinuousClock.Instant) {
        for state in partitions.values {
            guard let repairAt = state.repairAt, repairAt <= now else { continue }
            state.repairAt = nil
            lostPosition(state)
        }
    }

    /// A message that is an error.
    func noteFailure(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let native = message.pointee.err
        switch native {
        case RD_KAFKA_RESP_ERR__PARTITION_EOF:
            return
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
            RD_KAFKA_RESP_ERR__NO_OFFSET:
            guard let topic = message.pointee.rkt else { return }
            let partition = TopicPartition(
                topic: String(cString: rd_kafka_topic_name(topic)), partition: message.pointee.partition)
            if let state = partitions[partition], !state.isStopped { lostPosition(state) }
        case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
            isJoined = false
            log(native, message)
        default:
            log(native, message)
        }
    }

    /// The broker does not have the offset that was asked for, so nothing more comes from this partition.
    private func lostPosition(_ state: PartitionState) {
        if state.next == .unknown, !resolve(state, arrived: nil) { return postpone(state) }
        guard let (low, high) = try? handle.watermarks(state.partition, timeout: Self.questionTimeout) else {
            return postpone(state)
        }
        guard case .offset(let expected) = state.next else { return restart(state, at: low) }
        switch GapRule.judgeRange(expected: expected, low: low, high: high) {
        case .complete:
            restart(state, at: expected)
        case .gap(let first, let missing):
            found(gap(state, expected, first, missing), state)
            if configuration.onGap == .earliest { restart(state, at: first) }
        case .shortened(let first):
            found(gap(state, expected, first, 0), state)
            if configuration.onGap == .earliest { restart(state, at: first) }
        }
    }

    /// Asks for the committed offset that was not to be had at the assignment.
    private func resolve(_ state: PartitionState, arrived: Int64?) -> Bool {
        do {
            let offsets = try handle.committed([state.partition], timeout: Self.questionTimeout)
            state.next = offsets[state.partition].map { .offset($0) } ?? .anywhere
            state.committed = offsets[state.partition]
            return true
        } catch {
            if let arrived { restart(state, at: arrived) }
            return false
        }
    }

    private func restart(_ state: PartitionState, at offset: Int64) {
        do {
            try handle.restart(state.partition, at: offset)
            if isPaused { handle.pause([state.partition]) }
        } catch {
            handle.context.log.write(error)
            postpone(state)
        }
    }

    private func postpone(_ state: PartitionState) { state.repairAt = .now + .seconds(1) }

    private func gap(_ state: PartitionState, _ expected: Int64, _ first: Int64, _ missing: Int64) -> KafkaGap {
        KafkaGap(
            topic: state.partition.topic, partition: state.partition.partition, committed: expected,
            firstAvailable: first, missing: missing)
    }

    private func found(_ gap: KafkaGap, _ state: PartitionState) {
        state.gap = gap
        state.missing.record(gap.missing)
        statusAt = .now
        logger.error(
            "Messages are gone from the log before they were read",
            metadata: .kafka(state.partition).with([
                KafkaLogKey.group: "\(configuration.group)", KafkaLogKey.offset: "\(gap.committed)",
                KafkaLogKey.firstAvailable: "\(gap.firstAvailable)", KafkaLogKey.missing: "\(gap.missing)",
                KafkaLogKey.policy: "\(configuration.onGap.rawValue)",
            ])
        )
        if configuration.onGap == .stop {
            state.isStopped = true
            handle.pause([state.partition])
        } else {
            state.next = .offset(gap.firstAvailable)
        }
    }

    private func log(_ native: rd_kafka_resp_err_t, _ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let detail = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
        handle.context.log.write(KafkaError(native: native, detail: detail))
    }
}
