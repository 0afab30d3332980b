import Logging
import Redis
import RedisSettings
import ServiceRuntime

extension OrderCollector {
    static func build(_ configuration: CollectorConfiguration, _ context: ServiceContext) throws -> ServiceAssembly {
        let plan = configuration.plan
        func component(_ kind: String, _ name: String) -> ComponentContext {
            ComponentContext(
                name: name, folder: "\(configuration.folder)/\(kind)/\(name)", redis: configuration.redis,
                kafka: configuration.kafka, logger: context.logger("\(kind).\(name)"))
        }

        var channels: [String: any Channel] = [:]
        for (name, settings) in plan.channels { channels[name] = try settings.make(component("channels", name)) }

        var members: [String: any Sink] = [:]
        for sink in plan.sinks {
            members[sink.name] = CountedSink(try sink.settings.make(component("sinks", sink.name)), name: sink.name)
        }
        var runners: [SinkRunner] = []
        func run(_ name: String, _ sink: any Sink, from channel: String, batchLines: Int) {
            guard let channel = channels[channel] else { preconditionFailure("the plan was checked") }
            runners.append(
                SinkRunner(
                    name: name, channel: channel, sink: sink, batchLines: batchLines,
                    logger: context.logger("sinks.\(name)")))
        }
        for sink in plan.sinks {
            guard let channel = sink.channel, let member = members[sink.name] else { continue }
            run(sink.name, member, from: channel, batchLines: sink.batchLines)
        }
        for group in plan.groups {
            let sink = SinkGroup(group.kind, group.sinks.compactMap { members[$0] }, penalty: group.penalty)
            run(group.name, sink, from: group.channel, batchLines: group.batchLines)
        }

        var sources: [(source: any Source, intake: Intake)] = []
        for source in plan.sources {
            let intake = Intake(
                name: source.name, interceptors: try source.interceptors.map { try $0.make() },
                selector: source.selector, channels: channels.filter { source.channels.contains($0.key) },
                logger: context.logger("sources.\(source.name)"))
            sources.append((try source.settings.make(component("sources", source.name)), intake))
        }

        let collector = Collector(
            sources: sources,
            channels: plan.channels.compactMap { entry in channels[entry.name].map { (entry.name, $0) } },
            sinks: runners, logger: context.logger("collector"))
        collector.exposeGauges(context.metrics)
        for (name, channel) in collector.channels {
            context.readiness.add("channel \(name)", decides: false) {
                .pass("\(channel.waiting.lines) lines wait")
            }
        }
        return ServiceAssembly(
            services: [collector], routes: sources.compactMap { $0.source as? any RouteModule },
            preflight: { try await check(configuration, logger: context.logger("redis")) })
    }

    /// A Redis that is away is waited for where its lines are; one that the settings do not fit is told at once.
    private static func check(_ configuration: CollectorConfiguration, logger: Logger) async throws {
        guard let redis = configuration.redis,
            configuration.plan.sinks.contains(where: { $0.settings is RedisListSink.Settings })
        else { return }
        let pool = RedisPool(redis, logger: logger)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await RedisSettings.check(pool))
        } catch {
            outcome = error is SettingError ? .failure(error) : .success(())
        }
        await pool.close()
        try outcome.get()
    }
}
