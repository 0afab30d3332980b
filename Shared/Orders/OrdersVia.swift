/// How orders get from the collector to the statistics: by the Redis list or by the Kafka topic.
public enum OrdersVia: String, Sendable, CaseIterable { case redis, kafka }
