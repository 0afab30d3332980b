import Kafka
import ServiceRuntime

/// What `/readyz` tells of the consumers; information only.
enum ConsumersCheck {
    static func result(_ statuses: [Generation: KafkaConsumerStatus]) -> CheckResult {
        guard !statuses.isEmpty else { return .fail("not started yet") }
        let text = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.summary)" }.joined(separator: "; ")
        let isGood = statuses.values.allSatisfy { $0.fatalError == nil && $0.gaps.isEmpty && $0.isConnected }
        return isGood ? .pass(text) : .fail(text)
    }
}
