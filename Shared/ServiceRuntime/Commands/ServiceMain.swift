import ArgumentParser
import Foundation
import Logging

/// The process of a service: arguments in, exit code out.
public enum ServiceMain<Definition: ServiceDefinition> {
    /// Runs the command that the arguments name and ends the process.
    public static func main() async -> Never {
        signal(SIGPIPE, SIG_IGN)
        OpenFiles.raiseLimit()
        let code = await run(Array(CommandLine.arguments.dropFirst()))
        // Not exit(): it would run the C libraries' destructors while threads of theirs may still be ending.
        fflush(nil)
        _exit(code)
    }

    /// Runs a command and returns the exit code; what went wrong is one line on standard error.
    static func run(_ arguments: [String]) async -> Int32 {
        typealias Root = RootCommand<Definition>
        var command: any ParsableCommand
        do {
            command = try Root.parseAsRoot(arguments)
        } catch {
            return answer(parserError: error)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let error where Root.exitCode(for: error) == .success || error is ExitCode || error is ValidationError {
            // --help comes this way too.
            return answer(parserError: error)
        } catch {
            report(error)
            return ErrorText.exitCode(error)
        }
    }

    /// The configuration from this process's environment.
    public static func configuration(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Definition.Configuration {
        var settings = SettingsReader(environment: environment)
        return try Definition.Configuration(&settings)
    }

    private static func answer(parserError error: any Error) -> Int32 {
        let code = RootCommand<Definition>.exitCode(for: error)
        let message = RootCommand<Definition>.fullMessage(for: error)
        if code == .success {
            print(message)
            if message.contains("USAGE:") { print("\n" + VariableList.text(of: Definition.Configuration.self)) }
            return 0
        }
        // One line: what is wrong; the usage is a --help away.
        let line = message.split(separator: "\n").first?.trimmingPrefix("Error: ") ?? "wrong arguments"
        writeError("\(Definition.name): \(SafeText.singleLine(String(line))) (see \(Definition.name) --help)")
        return code.rawValue
    }

    private static func report(_ error: any Error) {
        let line = ErrorText.line(error)
        writeError("\(Definition.name): \(line)")
        LoggingBootstrap.current?
            .critical("the process ends", metadata: [LogKey.error: "\(line)"])
    }

    private static func writeError(_ line: String) { LogWriter.standardError.write(Array((line + "\n").utf8)) }
}
