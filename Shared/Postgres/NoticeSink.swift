import CPostgres

/// Receives what the server says unasked, so that libpq does not print it.
///
/// A `FATAL` among it announces the end of the session (a restart, an idle time-out); its code is kept.
final class NoticeSink {
    /// The SQLSTATE of the session's announced end.
    private(set) var fatalState: String?

    /// Makes `connection` report here. The reference that it holds is released by the caller when
    /// the connection is closed.
    func attach(to connection: OpaquePointer) -> Unmanaged<NoticeSink> {
        let retained = Unmanaged.passRetained(self)
        PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeSink>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, retained.toOpaque())
        return retained
    }

    private func receive(_ result: OpaquePointer) {
        guard let severity = postgres_severity(result).map({ String(cString: $0) }) else { return }
        if severity == "FATAL" || severity == "PANIC" {
            fatalState = postgres_sqlstate(result).map { String(cString: $0) }
        }
    }
}
