import Kafka
import Logging
import Redis

/// What a component is made with besides its own settings.
struct ComponentContext: Sendable {
    let name: String
    /// Where it may keep files of its own.
    let folder: String
    let redis: RedisConfiguration?
    let kafka: KafkaConfiguration?
    let logger: Logger
}

/// The settings of one type of source, and the way to make it. A new type is one file and a line in ``Catalogue``.
protocol SourceSettings: Sendable {
    static var type: String { get }
    init(_ section: inout Section) throws(ConfigFault)
    func make(_ context: ComponentContext) throws -> any Source
}

protocol InterceptorSettings: Sendable {
    static var type: String { get }
    init(_ section: inout Section) throws(ConfigFault)
    func make() throws -> any Interceptor
}

protocol ChannelSettings: Sendable {
    static var type: String { get }
    init(_ section: inout Section) throws(ConfigFault)
    func make(_ context: ComponentContext) throws -> any Channel
}

protocol SinkSettings: Sendable {
    static var type: String { get }
    init(_ section: inout Section) throws(ConfigFault)
    func make(_ context: ComponentContext) throws -> any Sink
}
