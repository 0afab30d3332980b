/// Every type of component that a configuration can name.
enum Catalogue {
    static let sources: [any SourceSettings.Type] = [
        FileSource.Settings.self, SpoolSource.Settings.self, CommandSource.Settings.self, SyslogSource.Settings.self,
        HTTPSource.Settings.self,
    ]
    static let interceptors: [any InterceptorSettings.Type] = [
        TimestampInterceptor.self, HostInterceptor.self, StaticInterceptor.self, UUIDInterceptor.self,
        RegexFilterInterceptor.self, RegexExtractorInterceptor.self,
    ]
    static let channels: [any ChannelSettings.Type] = [MemoryChannel.Settings.self, FileChannel.Settings.self]
    static let sinks: [any SinkSettings.Type] = [
        RedisListSink.Settings.self, KafkaSink.Settings.self, RollingFileSink.Settings.self, HTTPSink.Settings.self,
        NullSink.Settings.self,
    ]

    /// The type that a section names.
    static func type<Settings>(
        of section: inout Section, in types: [Settings], name: (Settings) -> String
    ) throws(ConfigFault) -> Settings {
        let wanted = try section.string("type")
        guard let type = types.first(where: { name($0) == wanted }) else {
            throw section.fault("type", "must be one of \(types.map(name).joined(separator: ", "))")
        }
        return type
    }
}
