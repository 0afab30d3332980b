import CPostgres
import Foundation

/// Owns one libpq connection from making it to closing it.
///
/// All waiting is done here, with deadlines of our own: libpq's blocking calls have none.
final class ConnectionHandle {
    let pointer: OpaquePointer
    let notices = NoticeSink()
    private let context: Unmanaged<NoticeSink>

    /// Connects; blocks at most `connectTimeout`, and the time that DNS takes.
    init(_ configuration: PostgresConfiguration) throws {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        guard let pointer = Self.start(configuration.parameters) else {
            throw PostgresError(.connection, "there is no memory for a connection to PostgreSQL")
        }
        self.pointer = pointer
        context = notices.attach(to: pointer)
        // From here on `deinit` closes, also when this throws.
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        try finishConnecting(configuration, deadline)
        PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
        PQsetnonblocking(pointer, 1)
    }

    deinit {
        PQfinish(pointer)
        context.release()
    }

    var socket: Int32 { PQsocket(pointer) }
    var isOpen: Bool { PQstatus(pointer) == CONNECTION_OK && notices.fatalState == nil }
    var message: String { String(cString: PQerrorMessage(pointer)) }

    /// Takes in what has arrived, without waiting. False: the connection is lost.
    func receiveWaiting() -> Bool {
        guard isOpen, PQconsumeInput(pointer) == 1 else { return false }
        _ = PQisBusy(pointer)  // lets libpq look at what came in
        return isOpen
    }

    /// Sends what waits and receives until the next result is complete; PQgetResult then does not block.
    ///
    /// - Returns: False when `deadline` came first.
    func waitForResult(until deadline: ContinuousClock.Instant?) -> Bool {
        while true {
            let unsent = PQflush(pointer)
            if unsent <= 0, PQisBusy(pointer) == 0 { return true }
            let events = unsent > 0 ? POLLIN | POLLOUT : POLLIN
            let isReady = Poll.wait(socket, for: Int32(events), until: nextLook(before: deadline))
            if !isReady, let deadline, deadline <= .now { return false }
            if PQconsumeInput(pointer) == 0 { return true }
        }
    }

    /// Sends a piece of a `COPY`, and waits while the server does not keep up, so that nothing piles up here.
    ///
    /// An error that the server sends meanwhile is taken in and found among the results.
    /// - Returns: False when the connection is lost or `deadline` came first.
    func putCopyData(_ bytes: UnsafeRawBufferPointer, until deadline: ContinuousClock.Instant?) -> Bool {
        let count = Int32(truncatingIfNeeded: bytes.count)
        guard PQputCopyData(pointer, bytes.assumingMemoryBound(to: CChar.self).baseAddress, count) == 1 else {
            return false
        }
        while true {
            let unsent = PQflush(pointer)
            if unsent <= 0 { return unsent == 0 }
            let isReady = Poll.wait(socket, for: Int32(POLLIN | POLLOUT), until: nextLook(before: deadline))
            if !isReady, let deadline, deadline <= .now { return false }
            if PQconsumeInput(pointer) == 0 { return false }
        }
    }

    /// With TLS, bytes that OpenSSL has taken from the socket already are invisible to `poll`: look every 20 ms too.
    private func nextLook(before deadline: ContinuousClock.Instant?) -> ContinuousClock.Instant? {
        guard PQsslInUse(pointer) == 1 else { return deadline }
        let soon = ContinuousClock.now + .milliseconds(20)
        return deadline.map { min($0, soon) } ?? soon
    }

    private static func start(_ parameters: [String: String]) -> OpaquePointer? {
        let copies = parameters.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (key, value) in copies {
                free(key)
                free(value)
            }
        }
        let keywords: [UnsafePointer<CChar>?] = copies.map { UnsafePointer($0.0) } + [nil]
        let values: [UnsafePointer<CChar>?] = copies.map { UnsafePointer($0.1) } + [nil]
        return PQconnectStartParams(keywords, values, 0)
    }

    private func finishConnecting(_ configuration: PostgresConfiguration, _ deadline: ContinuousClock.Instant) throws {
        var state = PQstatus(pointer) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
        while state != PGRES_POLLING_OK {
            if state == PGRES_POLLING_FAILED {
                let needsPassword = PQconnectionNeedsPassword(pointer) == 1
                throw PostgresError.couldNotConnect(configuration, message: message, needsPassword: needsPassword)
            }
            let events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT
            guard Poll.wait(socket, for: Int32(events), until: deadline) else {
                throw PostgresError.connectTimedOut(configuration)
            }
            state = PQconnectPoll(pointer)
        }
    }
}
