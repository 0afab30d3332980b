import ArgumentParser
import Foundation
import Hummingbird

/// A receiver as users of bypass-queue would write it: it refuses what is stale, acts on nothing twice, and shows what
/// it was sent.
@main
struct CallbackReceiver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "callback-receiver",
        abstract: "A sample receiver of bypass-queue's callbacks; it refuses stale ones and shows them all.")

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on.")
    var port = 8093

    @Option(help: "How many callbacks are remembered; the oldest go first.")
    var capacity = 200_000

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535, not \(port)") }
        guard capacity > 0 else { throw ValidationError("--capacity must be at least 1, not \(capacity)") }
    }

    func run() async throws {
        let router = Router()
        CallbackRoutes(journal: Journal(capacity: capacity)).register(on: router)
        let application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: .seconds(120))),
            configuration: .init(address: .hostname(host, port: port), serverName: "callback-receiver"))
        do {
            try await application.runService()
        } catch {
            FileHandle.standardError.write(Data("callback-receiver: \(host):\(port): \(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
