import ArgumentParser
import Kafka
import Logging
import Messaging

/// A configuration with Kafka in it.
public protocol MessagingConfiguration: ServiceConfiguration {
    var kafka: KafkaSettings { get }
}

/// `<service> dlq`: what was set aside, and how to bring it back.
public struct DeadLetterCommand<Definition: ServiceDefinition>: ParsableCommand
where Definition.Configuration: MessagingConfiguration {
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "dlq", abstract: "List dead letters, or send them to their topic again.",
            subcommands: [ListDeadLetters<Definition>.self, ReplayDeadLetters<Definition>.self])
    }

    public init() {}
}

/// Which dead letters are meant.
struct DeadLetterFilter: ParsableArguments {
    @Option(help: "The topic they came from, such as game.mission.")
    var topic: String

    @Option(help: "Only those with this reason.")
    var reason: String?

    @Option(help: "Only those that this consumer group gave up, such as game-reward.")
    var consumer: String?

    @Option(help: "Only those that failed at or after this time (RFC 3339).")
    var since: String?

    @Option(help: "At most this many, the oldest first.")
    var limit = 1_000

    func validate() throws {
        guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000000") }
        guard !topic.hasSuffix(".dlq") else {
            throw ValidationError("--topic names the topic they came from, without .dlq")
        }
    }

    func letters(_ kafka: KafkaConfiguration, _ logger: Logger) async throws -> [StoredDeadLetter] {
        let reader = KafkaReader(kafka, logger: logger)
        let outcome: Result<[KafkaMessage], any Error>
        do {
            outcome = .success(try await reader.read(topic: "\(topic).dlq", limit: 1_000_000))
        } catch let error as KafkaError where error.code == .unknownTopic {
            outcome = .success([])
        } catch {
            outcome = .failure(error)
        }
        await reader.close()
        let matching = try outcome.get().compactMap(StoredDeadLetter.init).filter { letter in
            (reason.map { $0 == letter.reason } ?? true) && (consumer.map { $0 == letter.consumer } ?? true)
                && (since.map { $0 <= letter.failedAt } ?? true)
        }
        return Array(matching.sorted { $0.failedAt < $1.failedAt }.prefix(limit))
    }
}

/// `<service> dlq list`
struct ListDeadLetters<Definition: ServiceDefinition>: AsyncParsableCommand
where Definition.Configuration: MessagingConfiguration {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "list", abstract: "List dead letters, one a line.")
    }

    @OptionGroup var filter: DeadLetterFilter

    func run() async throws {
        try await ServiceCommand.run(Definition.self) { configuration, logger in
            let letters = try await filter.letters(configuration.kafka.client, logger)
            for letter in letters {
                print(
                    [
                        letter.id, letter.failedAt, letter.consumer, letter.reason,
                        "from \(letter.origin.topic)[\(letter.origin.partition)]@\(letter.origin.offset)",
                        letter.isTruncated ? "(cut)" : "", SafeText.singleLine(letter.exception, limit: 200),
                    ].filter { !$0.isEmpty }.joined(separator: "  "))
            }
            print("\(letters.count) dead letters of \(filter.topic)")
        }
    }
}

/// `<service> dlq replay`
struct ReplayDeadLetters<Definition: ServiceDefinition>: AsyncParsableCommand
where Definition.Configuration: MessagingConfiguration {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "replay", abstract: "Send dead letters to the topic they came from again.",
            discussion: """
                Every consumer of the topic sees them again; those that have taken them drop them by their id. \
                The letters stay in the dead-letter topic until its retention removes them.
                """)
    }

    @OptionGroup var filter: DeadLetterFilter

    @Option(name: .customLong("id"), help: "Only this one; repeatable. Ids are what list prints first.")
    var ids: [String] = []

    @Flag(help: "Only say what would be sent.")
    var dryRun = false

    func run() async throws {
        try await ServiceCommand.run(Definition.self) { configuration, logger in
            let letters = try await filter.letters(configuration.kafka.client, logger)
                .filter { ids.isEmpty || ids.contains($0.id) }
            let records = letters.compactMap(\.original)
            if records.count < letters.count {
                print("\(letters.count - records.count) were cut when they were set aside and cannot be replayed")
            }
            guard !dryRun else { return print("\(records.count) dead letters would be sent to \(filter.topic)") }
            let producer = try KafkaProducer(configuration.kafka.client, logger: logger)
            let results = try await producer.send(records)
            await producer.close(timeout: .seconds(5))
            for case .failure(let error) in results { throw error }
            print("\(records.count) dead letters were sent to \(filter.topic)")
        }
    }
}
