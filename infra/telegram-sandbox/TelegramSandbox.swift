import ArgumentParser
import Foundation
import Hummingbird

/// A stand-in for the Telegram Bot API on one machine: keeps what it is sent in memory and shows it.
@main
struct TelegramSandbox: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telegram-sandbox",
        abstract: "A stand-in for the Telegram Bot API; keeps messages in memory and shows them at /."
    )

    @Option(help: "Address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "Port to listen on.")
    var port = 8090

    @Option(help: "The bot token that is accepted; otherwise that of the variable TELEGRAM_BOT_TOKEN.")
    var token: String?

    @Option(help: "How many messages are kept; the oldest go first.")
    var capacity = 200_000

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535, not \(port)") }
        guard token?.isEmpty != true else { throw ValidationError("--token must not be empty") }
        guard capacity > 0 else { throw ValidationError("--capacity must be at least 1, not \(capacity)") }
    }

    func run() async throws {
        // Arguments can be read by everybody on the machine, so the variable is the way for tokens that are worth hiding.
        let token = token ?? ProcessInfo.processInfo.environment["TELEGRAM_BOT_TOKEN"] ?? "110201543:sandbox"
        let application = SandboxApplication(token: token, capacity: capacity).build(host: host, port: port)
        do {
            try await application.runService()
        } catch {
            FileHandle.standardError.write(Data("telegram-sandbox: \(host):\(port): \(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
