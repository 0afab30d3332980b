import CRdkafka
import Synchronization

/// librdkafka's built-in broker: the real protocol over real sockets on 127.0.0.1, for development and tests only.
///
/// Keeps everything in memory, about 5 MB a partition, and drops what is older without a word. Its port is chosen by
/// the system. The first join of a group takes three seconds.
///
/// It ends with ``close()``, or when the last reference goes.
public final class DevBroker: Sendable {
    /// The mock cluster and the client that librdkafka wants it to belong to.
    ///
    /// @unchecked Sendable: the pointers never change, and every use of them holds the lock around this value.
    private struct Cluster: @unchecked Sendable {
        let client: OpaquePointer
        let pointer: OpaquePointer
    }

    private let cluster: Mutex<Cluster?>
    private let defaultPartitions: Int

    /// The addresses to give to clients.
    public let bootstrap: String

    /// - Parameter defaultPartitions: For ``createTopic(_:partitions:)``; a topic that a producer makes by using it gets
    ///   the built-in broker's own four.
    public init(brokers: Int = 1, defaultPartitions: Int = 12) throws(DevBrokerError) {
        var text = [CChar](repeating: 0, count: 512)
        let conf = rd_kafka_conf_new()
        rd_kafka_conf_set_log_cb(conf, nil)
        // Its answers are small, and clients acknowledge late: without this, pipelined requests wait 40 ms.
        rd_kafka_conf_set(conf, "socket.nagle.disable", "true", &text, text.count)
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, &text, text.count) else {
            rd_kafka_conf_destroy(conf)
            throw DevBrokerError("cannot start")
        }
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)) else {
            rd_kafka_destroy(client)
            throw DevBrokerError("cannot listen")
        }
        self.cluster = Mutex(Cluster(client: client, pointer: cluster))
        self.defaultPartitions = defaultPartitions
        bootstrap = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit { close() }

    /// Ends the broker and forgets everything; later calls fail.
    public func close() {
        cluster.withLock { cluster in
            guard let running = cluster else { return }
            rd_kafka_mock_cluster_destroy(running.pointer)
            rd_kafka_destroy(running.client)
            cluster = nil
        }
    }

    /// Creates a topic.
    public func createTopic(_ name: String, partitions: Int? = nil) throws(DevBrokerError) {
        try with { rd_kafka_mock_topic_create($0, name, Int32(partitions ?? defaultPartitions), 1) }
    }

    /// Answers every look for a topic with an error, as if it did not exist; `nil` ends that.
    ///
    /// - Parameter error: The protocol's number, such as 3 for an unknown topic.
    public func setTopicError(_ name: String, _ error: Int32?) throws(DevBrokerError) {
        try with {
            rd_kafka_mock_topic_set_error($0, name, rd_kafka_resp_err_t(error ?? 0))
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Disconnects everybody and takes no connection, or does so again.
    public func setDown(_ isDown: Bool) throws(DevBrokerError) {
        try with { isDown ? rd_kafka_mock_broker_set_down($0, -1) : rd_kafka_mock_broker_set_up($0, -1) }
    }

    /// Delays every answer.
    public func setLatency(milliseconds: Int) throws(DevBrokerError) {
        try with { rd_kafka_mock_broker_set_rtt($0, -1, Int32(milliseconds)) }
    }

    /// Answers the next requests of a kind with these errors, one each, before it answers properly again.
    ///
    /// - Parameter errors: The protocol's numbers; 0 answers properly in between, -195 cuts the connection.
    public func failRequests(apiKey: DevBrokerAPI, errors: [Int32]) throws(DevBrokerError) {
        let natives = errors.map { rd_kafka_resp_err_t($0) }
        try with {
            rd_kafka_mock_push_request_errors_array($0, apiKey.rawValue, natives.count, natives)
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
    }

    /// Forgets the errors that were not given yet, and every other fault.
    public func clearFaults() throws(DevBrokerError) {
        try with {
            for api in DevBrokerAPI.allCases { rd_kafka_mock_clear_request_errors($0, api.rawValue) }
            return RD_KAFKA_RESP_ERR_NO_ERROR
        }
        try setLatency(milliseconds: 0)
        try setDown(false)
    }

    private func with(_ body: (OpaquePointer) -> rd_kafka_resp_err_t) throws(DevBrokerError) {
        let answer = cluster.withLock { $0.map { body($0.pointer) } }
        guard let answer else { throw DevBrokerError("is closed") }
        guard answer == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw DevBrokerError(String(cString: rd_kafka_err2str(answer)))
        }
    }
}
