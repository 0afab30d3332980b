import ArgumentParser
import Hummingbird
import KafkaDevBroker
import Logging
import ServiceLifecycle

/// `dev-broker`: a Kafka broker for a laptop without one.
@main
struct DevBrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev-broker",
        abstract: "librdkafka's built-in broker in a process of its own. Development only: keeps nothing on disk.")

    @Option(help: "Port of the control interface.")
    var controlPort = 19093

    @Option(help: "File that gets the broker's address; the system chooses its port.")
    var addressFile: String

    @Option(help: "Topics to create at the start, with commas. Others come up when they are used, with 4 partitions.")
    var topics = ""

    @Option(help: "Partitions of each of these topics.")
    var partitions = 12

    @Option(help: "host:port to serve other hosts on, beside 127.0.0.1: in a cluster, in containers.")
    var listen: HostPort?

    @Option(help: "host:port that clients of --listen are told to connect to; the name of a Service, for instance.")
    var advertise: HostPort?

    @Option(help: "Address of the control interface.")
    var controlHost = "127.0.0.1"

    func validate() throws {
        guard (listen == nil) == (advertise == nil) else {
            throw ValidationError("--listen and --advertise belong together.")
        }
        guard (0...65_535).contains(controlPort) else { throw ValidationError("--control-port is 0 to 65535.") }
        guard (1...1000).contains(partitions) else { throw ValidationError("--partitions is 1 to 1000.") }
    }

    func run() async throws {
        let broker = try DevBroker(defaultPartitions: partitions)
        for topic in topics.split(separator: ",") { try broker.createTopic(String(topic)) }
        let router = Router()
        ControlRoutes(broker: broker).add(to: router)
        let file = AddressFile(path: addressFile)
        var logger = Logger(label: "dev-broker")
        logger.logLevel = .warning
        var services: [any Service] = []
        if let listen, let advertise, let address = HostPort(argument: broker.bootstrap) {
            services.append(
                NetworkListener(address: listen, advertised: advertise, broker: address, logger: logger))
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname(controlHost, port: controlPort)),
            services: services,
            onServerRunning: { channel in
                // Only now, so that who finds the file can also reach the control interface.
                do {
                    try file.write(broker.bootstrap)
                } catch {
                    Self.exit(withError: error)
                }
                print("broker \(broker.bootstrap), control port \(channel.localAddress?.port ?? 0)")
            },
            logger: logger
        )
        defer { broker.close() }
        do {
            try await application.runService()
        } catch {
            throw StartError(port: controlPort, cause: "\(error)")
        }
        file.remove()
    }
}

/// The control port cannot be had.
private struct StartError: Error, CustomStringConvertible {
    let port: Int
    let cause: String

    var description: String { "--control-port \(port): \(cause)" }
}
