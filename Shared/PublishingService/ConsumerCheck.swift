import Kafka
import ServiceRuntime

/// What `/readyz` tells of a consumer; information only.
public enum ConsumerCheck {
    public static func result(_ status: KafkaConsumerStatus) -> CheckResult {
        status.fatalError == nil && status.gaps.isEmpty && status.isConnected
            ? .pass(status.summary) : .fail(status.summary)
    }
}
