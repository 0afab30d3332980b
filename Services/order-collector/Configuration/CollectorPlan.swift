import Yams

/// What a configuration file says, checked: which components there are and how they hang together.
struct CollectorPlan: Sendable {
    struct SourcePlan: Sendable {
        let name: String
        let settings: any SourceSettings
        let interceptors: [any InterceptorSettings]
        let selector: any Selector
        let channels: [String]
    }

    struct SinkPlan: Sendable {
        let name: String
        let settings: any SinkSettings
        /// `nil` for a sink that belongs to a group.
        let channel: String?
        let batchLines: Int
    }

    struct GroupPlan: Sendable {
        let name: String
        let kind: SinkGroupKind
        let sinks: [String]
        let channel: String
        let batchLines: Int
        /// How long a sink that failed is left out.
        let penalty: Duration
    }

    private(set) var sources: [SourcePlan] = []
    private(set) var channels: [(name: String, settings: any ChannelSettings)] = []
    private(set) var sinks: [SinkPlan] = []
    private(set) var groups: [GroupPlan] = []

    /// Reads and checks a configuration.
    init(yaml: String, environment: [String: String]) throws(ConfigFault) {
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw Self.fault(error)
        } catch {
            throw ConfigFault(line: 0, "cannot be read: \(error)")
        }
        guard let node else { throw ConfigFault(line: 0, "is empty") }
        var root = try Section(node, name: "configuration", environment: environment)
        for (name, section) in try root.named("channels") { try addChannel(name, section) }
        for (name, section) in try root.named("sources") { try addSource(name, section) }
        for (name, section) in try root.named("sinks") { try addSink(name, section) }
        for (name, section) in try root.named("groups") { try addGroup(name, section) }
        try root.finish()
        try checkAsAWhole()
    }

    private mutating func addChannel(_ name: String, _ section: Section) throws(ConfigFault) {
        var section = section
        let type = try Catalogue.type(of: &section, in: Catalogue.channels) { $0.type }
        channels.append((name, try type.init(&section)))
        try section.finish()
    }

    private mutating func addSource(_ name: String, _ section: Section) throws(ConfigFault) {
        var section = section
        let type = try Catalogue.type(of: &section, in: Catalogue.sources) { $0.type }
        let settings = try type.init(&section)
        var interceptors: [any InterceptorSettings] = []
        for var inner in try section.list("interceptors") {
            let type = try Catalogue.type(of: &inner, in: Catalogue.interceptors) { $0.type }
            interceptors.append(try type.init(&inner))
            try inner.finish()
        }
        let channels = try section.strings("channels")
        let selector = try Self.selector(&section, channels)
        let all = Set(selector.fixedChannels ?? channels)
        guard !all.isEmpty else { throw ConfigFault(line: section.line, "\(section.name) lacks channels") }
        for channel in all { try check(channel, "channels", section) }
        sources.append(
            SourcePlan(
                name: name, settings: settings, interceptors: interceptors, selector: selector,
                channels: all.sorted()))
        try section.finish()
    }

    private static func selector(_ section: inout Section, _ channels: [String]) throws(ConfigFault) -> any Selector {
        guard var inner = try section.section("selector") else { return ReplicatingSelector(channels: channels) }
        let kind = try inner.choice("type", default: SelectorKind.replicating)
        guard kind == .multiplexing else {
            try inner.finish()
            return ReplicatingSelector(channels: channels)
        }
        let header = try inner.string("header")
        let mapping = try inner.stringLists("mapping")
        let otherwise = try inner.strings("otherwise")
        for channel in mapping.values.flatMap({ $0 }) + otherwise where !channels.contains(channel) {
            throw ConfigFault(line: inner.line, "\(inner.name) names \(channel), which is not in the source's channels")
        }
        try inner.finish()
        return MultiplexingSelector(header: header, mapping: mapping, otherwise: otherwise)
    }

    private mutating func addSink(_ name: String, _ section: Section) throws(ConfigFault) {
        var section = section
        let type = try Catalogue.type(of: &section, in: Catalogue.sinks) { $0.type }
        let settings = try type.init(&section)
        let channel = try section.optionalString("channel")
        if let channel { try check(channel, "channel", section) }
        let batch = try section.int("batch", default: 4000, in: 1...100_000)
        sinks.append(SinkPlan(name: name, settings: settings, channel: channel, batchLines: batch))
        try section.finish()
    }

    private mutating func addGroup(_ name: String, _ section: Section) throws(ConfigFault) {
        var section = section
        let kind = try section.choice("type", default: SinkGroupKind.failover)
        let members = try section.strings("sinks")
        let channel = try section.string("channel")
        try check(channel, "channel", section)
        for member in members {
            guard let sink = sinks.first(where: { $0.name == member }) else {
                throw section.fault("sinks", "names \(member), which is no sink")
            }
            guard sink.channel == nil, !groups.contains(where: { $0.sinks.contains(member) }) else {
                throw section.fault("sinks", "names \(member), which has a channel or a group already")
            }
        }
        guard !members.isEmpty else { throw ConfigFault(line: section.line, "\(section.name) lacks sinks") }
        groups.append(
            GroupPlan(
                name: name, kind: kind, sinks: members, channel: channel,
                batchLines: try section.int("batch", default: 4000, in: 1...100_000),
                penalty: try section.duration("penalty", default: .seconds(10))))
        try section.finish()
    }

    private func check(_ channel: String, _ key: String, _ section: Section) throws(ConfigFault) {
        guard channels.contains(where: { $0.name == channel }) else {
            throw section.fault(key, "names \(channel), which is no channel")
        }
    }

    private func checkAsAWhole() throws(ConfigFault) {
        guard !sources.isEmpty else { throw ConfigFault(line: 0, "has no sources") }
        for (name, _) in channels {
            let takers =
                sinks.filter { $0.channel == name }.map(\.name)
                + groups.filter { $0.channel == name }.map(\.name)
            guard takers.count == 1 else {
                throw ConfigFault(
                    line: 0,
                    "the channel \(name) needs exactly one sink or group, not \(takers.count): replicate into several")
            }
        }
        for sink in sinks where sink.channel == nil && !groups.contains(where: { $0.sinks.contains(sink.name) }) {
            throw ConfigFault(line: 0, "the sink \(sink.name) has neither a channel nor a group")
        }
    }

    private static func fault(_ error: YamlError) -> ConfigFault {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            ConfigFault(line: mark.line, "is no YAML: \(problem)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            ConfigFault(line: context.mark.line, "has keys twice: \(duplicates)")
        default: ConfigFault(line: 0, "is no YAML: \(error)")
        }
    }
}

/// How a source's events are spread over its channels.
enum SelectorKind: String, CaseIterable { case replicating, multiplexing }

/// How a group chooses among its sinks.
enum SinkGroupKind: String, CaseIterable { case failover, loadBalancing = "load-balancing" }
