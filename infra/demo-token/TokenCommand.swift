import ArgumentParser
import Auth

/// `demo-token token`
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Print a token.",
        discussion: """
            curl -H "Authorization: Bearer $(demo-token token --role customer --subject 42)" \\
                http://127.0.0.1:8080/missions
            """)

    @OptionGroup var options: FolderOption

    @Option(help: "customer, operator or service; repeatable.")
    var role: [Role]

    @Option(help: "Who the token is for; a customer's is the customer's id.")
    var subject: String

    @Option(name: .customLong("minutes"), help: "How long it is good for.")
    var minutes = 60

    @Option(help: "Its iss, as AUTH_ISSUER.")
    var issuer = "demo"

    @Option(help: "Its aud, as AUTH_AUDIENCE.")
    var audience = "game"

    func validate() throws {
        guard !role.isEmpty else { throw ValidationError("--role must be given: customer, operator or service.") }
        guard (1...525_600).contains(minutes) else { throw ValidationError("--minutes must be from 1 to 525600.") }
        if role.contains(.customer), (Int64(subject) ?? 0) < 1 {
            throw ValidationError("--subject of a customer must be the customer's id, such as 42.")
        }
    }

    func run() async throws {
        print(
            try await options.keys.newest().token(
                subject: subject, roles: role.map(\.rawValue), issuer: issuer, audience: audience,
                lifetime: .seconds(minutes * 60)))
    }
}

extension Role: ExpressibleByArgument {}
