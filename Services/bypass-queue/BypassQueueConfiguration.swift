import PublishingService
import Resilience
import ServiceRuntime

/// What bypass-queue is configured with.
struct BypassQueueConfiguration: MessagingConfiguration {
    let publishing: PublishingSettings
    var runtime: RuntimeConfiguration { publishing.runtime }
    var kafka: KafkaSettings { publishing.kafka }
    let rules: CallbackRules
    let lease: Duration
    let defaults: GroupDefaults
    let backoff: Backoff
    let secretOverlap: Duration
    let historyRetention: Duration
    let limits: QueueLimits
    let senders: SenderSecrets

    /// A request must be over before its lease is: for so much of the lease it may run at most.
    private static let timeoutShare = 0.85

    init(_ settings: inout SettingsReader) throws {
        var publishing = try PublishingSettings(&settings, name: "bypass", defaultPort: 8088)
        // Groups come by the thousand within seconds: a plan that was made for few of them reads them all. Planning
        // anew costs little, as a statement serves many messages.
        publishing.database.service.sessionSettings.append("plan_cache_mode=force_custom_plan")
        self.publishing = publishing
        let allowed = try settings.optionalValue(
            "CALLBACK_ALLOW", example: "10.1.0.0/16,hooks.internal",
            help: """
                Hosts, addresses and blocks that callbacks may go to although they are private, loopback or link-local; \
                public addresses are always allowed.
                """
        ) { try CallbackRules(allowed: $0) }
        rules = try allowed ?? CallbackRules(allowed: "")
        let lease = try settings.duration(
            "LEASE", default: .seconds(15), in: .milliseconds(500) ... .seconds(600),
            help:
                "After this time without a sign of life a replica's groups are taken over; no callback may last longer."
        )
        self.lease = lease
        let maxTimeout = lease * Self.timeoutShare
        let timeout = try settings.duration(
            "CALLBACK_TIMEOUT", default: min(.seconds(10), .milliseconds(maxTimeout.wholeMilliseconds)),
            in: .milliseconds(50)...maxTimeout, help: "How long a callback may take where its group does not say it.")
        let window = try settings.duration(
            "RETRY_WINDOW", default: .seconds(3600), in: .zero ... .seconds(30 * 86_400),
            help: "How long a failed callback is tried again where its group does not say it.")
        defaults = GroupDefaults(retryWindow: window, timeout: timeout, maxTimeout: maxTimeout)
        backoff = Backoff(
            base: try settings.duration(
                "RETRY_BASE", default: .seconds(1), in: .milliseconds(1) ... .seconds(3600),
                help: "The longest pause after the first failed attempt; it doubles with each one."),
            limit: try settings.duration(
                "RETRY_LIMIT", default: .seconds(60), in: .milliseconds(1) ... .seconds(86_400),
                help: "The longest pause between two attempts."),
            jitter: 0.5)
        secretOverlap = try settings.duration(
            "SECRET_OVERLAP", default: .seconds(86_400), in: .zero ... .seconds(30 * 86_400),
            help: "How long callbacks are signed with the previous secret too, after a new one was set.")
        historyRetention = try settings.duration(
            "HISTORY_RETENTION", default: .seconds(86_400), in: .seconds(60) ... .seconds(366 * 86_400),
            help: "How long delivered messages can be looked up and repeated Webhook-Ids are known.")
        limits = try QueueLimits(&settings)
        senders = try SenderSecrets(&settings, sender: "group")
    }
}

/// What is bounded, and where.
struct QueueLimits: Sendable {
    let groupMessages: Int
    let totalMessages: Int
    let intakeBytes: Int
    let heldBytes: Int
    let lanes: Int
    let connections: Int
    let connectionsPerHost: Int

    init(_ settings: inout SettingsReader) throws {
        groupMessages = try settings.int(
            "GROUP_LIMIT", default: 2_000_000, in: 1...1_000_000_000,
            help: "Messages that may wait in one group; further ones get 429.")
        totalMessages = try settings.int(
            "QUEUE_LIMIT", default: 20_000_000, in: 1...1_000_000_000,
            help: "Messages that may wait in all groups; further ones get 503.")
        intakeBytes = try settings.int(
            "INTAKE_MEMORY", default: 64 << 20, in: 1 << 20...16 << 30,
            help: "Bytes of bodies that may be on their way into the store at once; further ones get 503.")
        heldBytes = try settings.int(
            "DELIVERY_MEMORY", default: 32 << 20, in: 1 << 20...16 << 30,
            help: "Bytes of bodies to read ahead for delivery.")
        lanes = try settings.int(
            "MAX_GROUPS", default: 20_000, in: 1...1_000_000,
            help: "Groups that one replica works on at once.")
        connections = try settings.int(
            "MAX_CALLBACKS", default: 512, in: 1...10_000, help: "Callbacks under way at once, for each replica.")
        connectionsPerHost = try settings.int(
            "MAX_CALLBACKS_PER_HOST", default: 128, in: 1...10_000,
            help: "Of these to one scheme, host and port.")
    }
}
