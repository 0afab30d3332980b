import Testing

@testable import ServiceRuntime

@Suite("The command line")
struct CommandTests {
    @Test(
        "exit codes",
        arguments: [
            (["--help"], 0), (["serve", "--help"], 0), (["nope"], 64), (["migrate"], 64), (["serve", "--what"], 64),
        ])
    func exitCodes(arguments: [String], code: Int) async {
        #expect(await ServiceMain<TestService>.run(arguments) == Int32(code))
    }

    @Test("an error without a description of its own shows nothing but its type")
    func errorText() {
        struct Secretive: Error { let password = "hunter2" }
        #expect(ErrorText.line(Secretive()) == "Secretive")
        #expect(ErrorText.line(WrongPassword()) == "the password is refused")
        #expect(ErrorText.line(DomainError(.invalid, slug: "a", detail: "b\nc")) == "a: b c")
        #expect(ErrorText.exitCode(SettingError(variable: "A", fault: "b")) == 78)
    }
}
