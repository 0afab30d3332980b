import CRdkafka
import Logging
import Synchronization

/// Owns one `rd_kafka_t`: destroyed once, when the last holder lets go.
///
/// @unchecked Sendable: librdkafka's client and queue may be used from any thread; the stored properties never change,
/// but for one atomic.
final class ClientHandle: @unchecked Sendable {
    /// The client; valid as long as this object lives.
    let pointer: OpaquePointer
    /// The client's queue of events: the main one of a producer, the consumer's of a consumer.
    let queue: OpaquePointer
    let context: ClientContext
    private let retained: Unmanaged<ClientContext>
    /// Set when destroying the client would abort the process, see ``keepAlive()``.
    private let isKept = Atomic<Bool>(false)

    /// - Parameters:
    ///   - tokenFile: ``KafkaConfiguration/tokenFile``.
    ///   - prepare: Sets callbacks and events; the opaque pointer of all of them is a ``ClientContext``.
    init(
        _ type: rd_kafka_type_t, _ conf: consuming ClientConf, tokenFile: String?, logger: Logger,
        prepare: (OpaquePointer) -> Void = { _ in }
    ) throws(KafkaError) {
        context = ClientContext(log: ClientLog(logger), tokenFile: tokenFile)
        let usesTokens = tokenFile != nil
        retained = Unmanaged.passRetained(context)
        rd_kafka_conf_set_opaque(conf.pointer, retained.toOpaque())
        rd_kafka_conf_set_log_cb(conf.pointer) { client, level, facility, text in
            guard let client, let facility, let text, let opaque = rd_kafka_opaque(client) else { return }
            let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
            context.log.write(syslog: level, facility: String(cString: facility), text: String(cString: text))
        }
        if usesTokens { Self.setTokenCallback(conf.pointer) }
        prepare(conf.pointer)
        do {
            pointer = try conf.makeClient(type)
        } catch {
            retained.release()
            throw error
        }
        // Tokens are asked for on a thread of librdkafka's own: not every client is polled all the time.
        if usesTokens { rd_kafka_sasl_background_callbacks_enable(pointer).map { rd_kafka_error_destroy($0) } }
        if type == RD_KAFKA_CONSUMER {
            rd_kafka_poll_set_consumer(pointer)
            queue = rd_kafka_queue_get_consumer(pointer)
        } else {
            queue = rd_kafka_queue_get_main(pointer)
        }
    }

    private static func setTokenCallback(_ conf: OpaquePointer) {
        rd_kafka_conf_enable_sasl_queue(conf, 1)
        rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf) { client, _, opaque in
            guard let client, let opaque else { return }
            let context = Unmanaged<ClientContext>.fromOpaque(opaque).takeUnretainedValue()
            if let file = context.tokenFile { OAuthToken.refresh(client, from: file) }
        }
    }

    /// Never destroys the client: its threads and memory stay until the process ends.
    ///
    /// librdkafka before 2.3 aborts when a client is destroyed that leads its group and has not assigned partitions yet
    /// (https://github.com/confluentinc/librdkafka/issues/4312). Whoever closes one before its first assignment calls
    /// this; that is a service that is stopped while it starts.
    func keepAlive() {
        if rd_kafka_version() < 0x0203_0000 { isKept.store(true, ordering: .relaxed) }
    }

    deinit {
        guard !isKept.load(ordering: .relaxed) else { return }
        rd_kafka_queue_destroy(queue)
        // A consumer that was not closed does not leave its group here: that could block; the group notices.
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        retained.release()
    }

    /// Makes the thread that waits in a poll of ``queue`` return at once.
    func wake() { rd_kafka_queue_yield(queue) }

    /// The error that made the client unusable, if it is.
    var fatalError: KafkaError? { KafkaError.fatal(of: pointer) }

    /// Records that wait for their delivery report, and events that nobody took yet.
    var outstanding: Int { Int(rd_kafka_outq_len(pointer)) }

    /// Whether a broker answers within `timeout`.
    func isAnswered(within timeout: Duration) -> Bool {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        guard rd_kafka_metadata(pointer, 0, nil, &metadata, timeout.timeout) == RD_KAFKA_RESP_ERR_NO_ERROR
        else { return false }
        if let metadata { rd_kafka_metadata_destroy(metadata) }
        return true
    }
}
