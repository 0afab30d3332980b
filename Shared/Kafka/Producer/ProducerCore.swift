import CRdkafka
import Foundation
import Logging
import Metrics
import Synchronization

/// The state of a producer and the thread that serves it.
///
/// Records go to librdkafka from the caller's thread, under the lock, as long as its queue has room; a batch that
/// finds none is parked, and the thread goes on with it, first in first out, when reports have made room.
final class ProducerCore: Sendable {
    /// How many batches may be parked before more are refused.
    static let parkedLimit = 1000

    private struct Parked {
        let batch: DeliveryBatch
        var next: Int
    }

    private struct State {
        /// `nil` while a new one is being made.
        var handle: ProducerHandle?
        var parked: [Parked] = []
        var fatalError: KafkaError?
        var purgeBefore: UInt?
        var closeBy: ContinuousClock.Instant?
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    let configuration: KafkaConfiguration
    let logger: Logger
    private let state: Mutex<State>
    private let waiting = Mutex<[UInt: DeliveryBatch]>([:])
    private let numbers = Atomic<UInt>(1)
    let connected = Atomic<Bool>(false)
    private let errors = Counter(label: "kafka_produce_errors_total")

    init(_ configuration: KafkaConfiguration, logger: Logger) throws(KafkaError) {
        self.configuration = configuration
        self.logger = logger
        state = Mutex(State(handle: try ProducerHandle(configuration, logger: logger)))
    }

    func start() {
        let thread = Thread { ProducerLoop(core: self).run() }
        thread.name = "kafka-producer"
        thread.stackSize = 1 << 20
        thread.start()
    }

    var isConnected: Bool { connected.load(ordering: .relaxed) }
    var fatalError: KafkaError? { state.withLock(\.fatalError) }
    var pendingRecords: Int { waiting.withLock { $0.values.reduce(0) { $0 + $1.remaining } } }

    func makeBatch(_ records: any KafkaRecordList) -> DeliveryBatch {
        DeliveryBatch(
            number: numbers.wrappingAdd(1, ordering: .relaxed).oldValue, records: records)
    }

    // MARK: Called by senders

    func submit(_ batch: DeliveryBatch) {
        let refusal = state.withLock { state -> KafkaError? in
            if state.isClosed || state.closeBy != nil { return KafkaError(.closed) }
            if state.parked.count >= Self.parkedLimit { return KafkaError(.queueFull) }
            waiting.withLock { $0[batch.number] = batch }
            var parked = Parked(batch: batch, next: 0)
            let isDone = state.parked.isEmpty && state.handle.map { produce(&parked, $0) } ?? false
            if !isDone { state.parked.append(parked) }
            return nil
        }
        if let refusal { batch.end(refusal) }
    }

    /// The sender's task was cancelled: what is parked is dropped, what librdkafka has runs on unattended.
    func abandon(_ batch: DeliveryBatch) { batch.end(CancellationError()) }

    func purge() {
        let handle = state.withLock { state -> ProducerHandle? in
            guard !state.isClosed else { return nil }
            state.purgeBefore = numbers.load(ordering: .relaxed)
            state.fatalError = nil
            defer { state.handle = nil }
            return state.handle
        }
        handle?.purge()
        handle?.client.wake()
    }

    /// Asks the thread to end; returns at once.
    func requestClose(within timeout: Duration) {
        let handle = state.withLock { state in
            if state.closeBy == nil { state.closeBy = .now + timeout }
            return state.handle
        }
        handle?.client.wake()
    }

    func close(within timeout: Duration) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let isClosed = state.withLock { state in
                if !state.isClosed { state.closers.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() } else { requestClose(within: timeout) }
        }
    }

    // MARK: Called by the producer's thread

    /// What the thread has to do besides serving events.
    var orders: (purgeBefore: UInt?, closeBy: ContinuousClock.Instant?) {
        state.withLock { ($0.purgeBefore, $0.closeBy) }
    }

    /// The client that senders use; `nil` while a new one is being made.
    var handle: ProducerHandle? { state.withLock(\.handle) }

    func setFatal(_ error: KafkaError) { state.withLock { $0.fatalError = error } }

    /// Takes up parked batches as far as there is room.
    func unpark() {
        state.withLock { state in
            guard let handle = state.handle else { return }
            var done = 0
            while done < state.parked.count, produce(&state.parked[done], handle) { done += 1 }
            state.parked.removeFirst(done)
        }
    }

    /// Ends the purge: what came before it fails, what came after it goes to the new client.
    func replaceHandle(_ handle: ProducerHandle, purgedBefore number: UInt) {
        let purged = state.withLock { state in
            let purged = state.parked.filter { $0.batch.number < number }
            state.parked.removeAll { $0.batch.number < number }
            // A second purge may have come meanwhile: then the thread makes another new client.
            if state.purgeBefore == number { state.purgeBefore = nil }
            state.handle = handle
            return purged
        }
        for item in purged {
            for index in item.next..<item.batch.records.count { refused(item.batch, index, KafkaError(.purged)) }
        }
        end { $0 < number }
    }

    /// Takes the client away from senders: from here on they are refused.
    func finish() {
        let closers = state.withLock { state in
            state.isClosed = true
            state.handle = nil
            state.parked = []
            defer { state.closers = [] }
            return state.closers
        }
        end { _ in true }
        for closer in closers { closer.resume() }
    }

    var hasWaiting: Bool { waiting.withLock { !$0.isEmpty } }

    func refused(_ token: DeliveryToken, _ failure: KafkaError) {
        if let batch = waiting.withLock({ $0[token.batch] }) { refused(batch, token.index, failure) }
    }

    /// So many records of one batch are written.
    func written(_ count: Int, ofBatch number: UInt) {
        guard count > 0, let batch = waiting.withLock({ $0[number] }) else { return }
        if batch.written(count) { forget(batch) }
    }

    // MARK: Called by both

    /// With the lock held: hands over what librdkafka has room for. Returns whether the batch is done with.
    private func produce(_ parked: inout Parked, _ handle: ProducerHandle) -> Bool {
        let batch = parked.batch
        let records = batch.records
        while parked.next < records.count {
            if batch.isOver {
                forget(batch)
                return true
            }
            let token = DeliveryToken(batch: batch.number, index: parked.next)
            let answer = records.withRecord(parked.next) { handle.produce($0, token) }
            if answer == RD_KAFKA_RESP_ERR__QUEUE_FULL { return false }
            if answer != RD_KAFKA_RESP_ERR_NO_ERROR { refused(batch, parked.next, KafkaError(native: answer)) }
            parked.next += 1
        }
        return true
    }

    private func refused(_ batch: DeliveryBatch, _ index: Int, _ failure: KafkaError) {
        errors.increment()
        if batch.refused(index, failure) { forget(batch) }
    }

    private func forget(_ batch: DeliveryBatch) { waiting.withLock { _ = $0.removeValue(forKey: batch.number) } }

    /// Ends batches whose reports will not come any more.
    private func end(where isMeant: (UInt) -> Bool) {
        let batches = waiting.withLock { waiting in
            let batches = waiting.filter { isMeant($0.key) }.values
            for batch in batches { waiting[batch.number] = nil }
            return Array(batches)
        }
        for batch in batches { batch.end(KafkaError(.purged)) }
    }
}
