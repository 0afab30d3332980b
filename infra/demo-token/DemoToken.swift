import ArgumentParser

/// Keys and tokens for a demonstration: what an identity provider does in production.
@main
struct DemoToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-token",
        abstract: "Makes signing keys and bearer tokens to try AUTH=on with; not for production.",
        discussion: """
            demo-token keys --folder .run/auth                       makes a key and jwks.json
            demo-token token --folder .run/auth --role customer --subject 42
            demo-token rotate --folder .run/auth                     adds a key; the old one stays in jwks.json
            demo-token retire --folder .run/auth                     takes all but the newest key out of jwks.json

            A service takes these tokens with AUTH=on AUTH_ISSUER=demo AUTH_JWKS_FILE=.run/auth/jwks.json.
            """,
        subcommands: [KeysCommand.self, TokenCommand.self, RotateCommand.self, RetireCommand.self])
}
