import ServiceRuntime

/// `mypage`: one row for each mission with everything that happened to it.
@main
enum MypageService: ServiceDefinition {
    static let name = "mypage"
    static let abstract = "The read model: one row for each mission with everything that happened to it."
    static let openAPI = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
    static let subcommands: [any ParsableCommand.Type] = [
        RebuildCommand.self, GenerationsCommand.self, UseGenerationCommand.self, DropGenerationCommand.self,
    ]
}
