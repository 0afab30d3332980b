import CRdkafka
import Logging

/// Partitions come and go. Called by librdkafka within a poll, on the consumer's thread.
extension ConsumerSession {
    /// Sets the callbacks of a consumer; their opaque pointer is the ``ClientContext`` that holds the session.
    static func setCallbacks(_ conf: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(conf) { _, event, list, opaque in
            ConsumerSession.session(opaque)?.rebalance(event, list)
        }
        rd_kafka_conf_set_offset_commit_cb(conf) { _, answer, list, opaque in
            ConsumerSession.session(opaque)?.committed(answer, list)
        }
        rd_kafka_conf_set_error_cb(conf) { _, native, text, opaque in
            let detail = text.map { String(cString: $0) } ?? ""
            ConsumerSession.session(opaque)?.failed(rd_kafka_resp_err_t(native), detail)
        }
    }

    private static func session(_ opaque: UnsafeMutableRawPointer?) -> ConsumerSession? {
        guard let opaque else { return nil }
        return Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue().session
    }

    private func rebalance(_ event: rd_kafka_resp_err_t, _ list: PartitionList.Pointer?) {
        let changed = PartitionList.entries(of: list).map(\.partition)
        let lost = rd_kafka_assignment_lost(handle.pointer) != 0
        switch event {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            isJoined = true
            liveness.sign(now: .now)
            assign(changed)
        case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
            if lost { isJoined = false } else { commitBeforeRevocation(changed) }
            revoke(changed)
        default:
            isJoined = false
            revoke(Array(partitions.keys))
        }
        logger.info(
            "The group's partitions changed",
            metadata: [
                KafkaLogKey.group: "\(configuration.group)", KafkaLogKey.partitions: "\(partitions.count)",
                KafkaLogKey.detail: "\(event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS ? "+" : "-")\(changed.count)",
            ])
        forgetLatest()
        publishStatus(now: .now, isForced: true)
    }

    private func assign(_ added: [TopicPartition]) {
        // Without an answer librdkafka asks again for itself, and the first message's offset is then checked late.
        let offsets = added.isEmpty ? [:] : try? handle.committed(added, timeout: Self.questionTimeout)
        let list = PartitionList()
        for partition in added {
            let next: PartitionState.Next
            if let offsets {
                next = offsets[partition].map { .offset($0) } ?? .anywhere
                list.add(partition, offset: offsets[partition] ?? Int64(RD_KAFKA_OFFSET_BEGINNING))
            } else {
                next = .unknown
                list.add(partition)
            }
            partitions[partition] = PartitionState(partition, next: next, group: configuration.group)
        }
        shared.updateCommits { commits in
            commits.assign(added)
            return nil
        }
        do { try handle.assign(list) } catch { report(error) }
        if isPaused { handle.pause(added) }
    }

    /// What the owner is done with is committed before the partition goes, so that its next member repeats nothing.
    private func commitBeforeRevocation(_ leaving: [TopicPartition]) {
        let offsets = shared.commits.unconfirmed.filter { leaving.contains($0.key) }
        guard !offsets.isEmpty else { return }
        do {
            try handle.commit(offsets, timeout: .seconds(3))
            shared.noteCommitted()
        } catch {
            report(error)
        }
    }

    private func revoke(_ leaving: [TopicPartition]) {
        shared.updateCommits { commits in
            commits.revoke(leaving)
            return nil
        }
        do { try handle.unassign(PartitionList(leaving)) } catch { report(error) }
        for partition in leaving { partitions.removeValue(forKey: partition)?.retire() }
    }

    private func committed(_ answer: rd_kafka_resp_err_t, _ list: PartitionList.Pointer?) {
        let entries = PartitionList.entries(of: list)
        let isRefused = answer != RD_KAFKA_RESP_ERR_NO_ERROR
        let failed = Set(
            isRefused
                ? Array(shared.commits.inFlight.keys)
                : entries.filter { $0.error != RD_KAFKA_RESP_ERR_NO_ERROR }.map(\.partition))
        if failed.isEmpty {
            shared.noteCommitted()
        } else {
            let native = isRefused ? answer : entries.map(\.error).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
            report(KafkaError(native: native ?? answer, detail: "commit"))
        }
        shared.updateCommits { $0.finished(failed: failed, now: .now) }
    }

    private func failed(_ native: rd_kafka_resp_err_t, _ detail: String) {
        if let fatal = handle.fatalError {
            handle.context.log.write(fatal)
            publishStatus(now: .now, isForced: true)
            return
        }
        let error = KafkaError(native: native, detail: detail)
        // librdkafka has logged lost connections itself.
        if error.code != .disconnected { return report(error) }
        liveness.doubt(now: .now)
    }

    private func report(_ error: KafkaError) { handle.context.log.write(error) }
}
