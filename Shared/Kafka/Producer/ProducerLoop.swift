import CRdkafka
import Foundation
import Logging

/// The work of a producer's thread: serves events, makes new clients after a purge, and ends the producer.
final class ProducerLoop {
    private let core: ProducerCore
    private var handle: ProducerHandle?
    private var liveness = Liveness(now: .now)

    /// How long reports of purged records are awaited; they come from memory.
    private static let drainTime = Duration.seconds(2)

    init(core: ProducerCore) {
        self.core = core
        handle = core.handle
    }

    func run() {
        while true {
            if let handle { serve(handle, .milliseconds(500)) }
            let orders = core.orders
            if let closeBy = orders.closeBy, !core.hasWaiting || closeBy <= .now {
                drain()
                core.finish()
                handle = nil
                return
            }
            if let number = orders.purgeBefore { startAfresh(number) }
            core.unpark()
            look()
        }
    }

    private func serve(_ handle: ProducerHandle, _ timeout: Duration) {
        handle.poll(timeout) { event in
            switch rd_kafka_event_type(event) {
            case RD_KAFKA_EVENT_DR: deliver(event, handle)
            case RD_KAFKA_EVENT_ERROR: note(event, handle)
            default: break
            }
        }
    }

    private func deliver(_ event: OpaquePointer, _ handle: ProducerHandle) {
        // Reports of one batch come one behind the other: they are told together.
        var written: (batch: UInt, count: Int) = (0, 0)
        var isWritten = false
        while let message = rd_kafka_event_message_next(event) {
            guard let token = DeliveryToken(message.pointee._private) else { continue }
            let answer = message.pointee.err
            if answer == RD_KAFKA_RESP_ERR_NO_ERROR {
                isWritten = true
                if written.batch != token.batch {
                    core.written(written.count, ofBatch: written.batch)
                    written = (token.batch, 0)
                }
                written.count += 1
            } else {
                // A fatal error purges the queue: the cause is the better answer then.
                let fatal = answer == RD_KAFKA_RESP_ERR__PURGE_QUEUE ? handle.client.fatalError : nil
                core.refused(token, fatal ?? KafkaError(native: answer))
            }
        }
        core.written(written.count, ofBatch: written.batch)
        if isWritten { liveness.sign(now: .now) }
    }

    private func note(_ event: OpaquePointer, _ handle: ProducerHandle) {
        let native = rd_kafka_event_error(event)
        if let fatal = handle.client.fatalError {
            // After a purge the old client's troubles are no longer ours.
            if core.orders.purgeBefore == nil { core.setFatal(fatal) }
            handle.client.context.log.write(fatal)
            return
        }
        let detail = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
        let error = KafkaError(native: native, detail: detail)
        // librdkafka has logged lost connections itself.
        if error.code != .disconnected { return handle.client.context.log.write(error) }
        liveness.doubt(now: .now)
    }

    /// Asks for a broker when there was no sign of one for a while.
    private func look() {
        if core.hasWaiting { liveness.expect(now: .now) }
        if let handle, liveness.isQuestionDue(now: .now) {
            liveness.answered(handle.client.isAnswered(within: Liveness.questionTime), now: .now)
        }
        core.connected.store(liveness.isConnected, ordering: .relaxed)
    }

    /// Drops what still waits and serves the reports of that.
    private func drain() {
        guard let handle else { return }
        if core.hasWaiting { handle.purge() }
        let deadline = ContinuousClock.now + Self.drainTime
        while core.hasWaiting, handle.client.outstanding > 0, .now < deadline { serve(handle, .milliseconds(50)) }
    }

    /// A purged idempotent client may have holes in its sequence numbers, so a new one takes its place.
    private func startAfresh(_ number: UInt) {
        drain()
        handle = nil
        do {
            let new = try ProducerHandle(core.configuration, logger: core.logger)
            handle = new
            liveness = Liveness(now: .now)
            core.replaceHandle(new, purgedBefore: number)
        } catch {
            core.logger.error("Cannot make a new producer", metadata: [KafkaLogKey.error: "\(error)"])
            Thread.sleep(forTimeInterval: 1)
        }
    }
}
