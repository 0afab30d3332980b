import COpenSSL
import Foundation

/// TLS over a connected socket, which it makes non-blocking: its waits have a time limit of their own.
///
/// Belongs to one thread, like the connection that it is part of. The socket is closed by its owner.
final class TLSStream {
    private let context: TLSContext
    private let pointer: OpaquePointer
    private let descriptor: Int32
    private let timeout: Duration

    /// Shakes hands, and checks the server's certificate and that it belongs to `host`, a name or an address.
    ///
    /// - Parameters:
    ///   - handshake: How long the server may be silent while they shake hands.
    ///   - timeout: The same for each read and write that comes later.
    init(
        _ encryption: RedisEncryption, host: String, descriptor: Int32, handshake: Duration, timeout: Duration
    ) throws(TLSFault) {
        context = try TLSContext(encryption)
        guard let pointer = SSL_new(context.pointer) else { throw .latest() }
        self.pointer = pointer
        self.descriptor = descriptor
        self.timeout = timeout
        Self.ignoreBrokenPipes()
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0,
            SSL_set_fd(pointer, descriptor) == 1, Self.expect(host, pointer)
        else { throw .latest() }
        while true {
            ERR_clear_error()
            let answer = SSL_connect(pointer)
            if answer == 1 { return }
            try waitAfter(answer, atMost: handshake)
        }
    }

    deinit { SSL_free(pointer) }

    /// Sends all of it.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TLSFault) {
        var sent = 0
        while sent < bytes.count {
            var count = 0
            ERR_clear_error()
            let answer = SSL_write_ex(pointer, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, &count)
            if answer == 1 { sent += count } else { try waitAfter(answer, atMost: timeout) }
        }
    }

    /// Reads what is there; with `waits` at least one byte, else perhaps none.
    func read(into buffer: UnsafeMutableRawBufferPointer, waits: Bool) throws(TLSFault) -> Int {
        while true {
            var count = 0
            ERR_clear_error()
            let answer = SSL_read_ex(pointer, buffer.baseAddress, buffer.count, &count)
            if answer == 1 { return count }
            if !waits, SSL_get_error(pointer, answer) == SSL_ERROR_WANT_READ { return 0 }
            try waitAfter(answer, atMost: timeout)
        }
    }

    /// Something has arrived that a poll of the socket would not tell.
    var hasPending: Bool { SSL_pending(pointer) > 0 }

    /// OpenSSL writes without `MSG_NOSIGNAL`: a server that went away must not end the process. For this thread alone.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    private static func expect(_ host: String, _ pointer: OpaquePointer) -> Bool {
        if X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), host) == 1 { return true }
        return SSL_set1_host(pointer, host) == 1 && copenssl_set_server_name(pointer, host) == 1
    }

    /// Waits for what an unfinished call is missing; throws when it failed, or when the time is over.
    private func waitAfter(_ answer: Int32, atMost timeout: Duration) throws(TLSFault) {
        let wanted: Int32
        switch SSL_get_error(pointer, answer) {
        case SSL_ERROR_WANT_READ: wanted = POLLIN
        case SSL_ERROR_WANT_WRITE: wanted = POLLOUT
        default: throw .latest(verified: SSL_get_verify_result(pointer))
        }
        var waiting = pollfd(fd: descriptor, events: Int16(wanted), revents: 0)
        let limit = timeout.components
        let milliseconds = limit.seconds * 1000 + limit.attoseconds / 1_000_000_000_000_000
        var answer: Int32
        repeat { answer = poll(&waiting, 1, Int32(clamping: milliseconds)) } while answer < 0 && errno == EINTR
        guard answer > 0 else { throw TLSFault(reason: "no answer in time", isAboutTrust: false) }
    }
}
