import Foundation
import Testing

@testable import Postgres

/// The ``PostgresError`` that `body` throws.
func postgresError<Value>(
    _ body: () throws -> Value, at location: SourceLocation = #_sourceLocation
) -> PostgresError? {
    do {
        _ = try body()
        Issue.record("nothing was thrown", sourceLocation: location)
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
    }
    return nil
}

/// The ``PostgresError`` that `body` throws.
func postgresError<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value,
    at location: SourceLocation = #_sourceLocation
) async -> PostgresError? {
    do {
        _ = try await body()
        Issue.record("nothing was thrown", sourceLocation: location)
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
    }
    return nil
}

/// Waits until `condition` holds; records an issue after a minute.
func eventually(_ what: Comment, at location: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool)
    async throws
{
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record(what, sourceLocation: location)
}
