import COpenSSL

/// Whom a connection trusts and who it is: owns one `SSL_CTX`.
final class TLSContext {
    private static let systemBundle = "/etc/ssl/certs/ca-certificates.crt"

    let pointer: OpaquePointer

    init(_ encryption: RedisEncryption) throws(TLSFault) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw .latest() }
        self.pointer = pointer
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        copenssl_set_modes(pointer)
        guard copenssl_set_min_version_1_2(pointer) == 1 else { throw .latest() }
        if let file = encryption.authorities {
            guard SSL_CTX_load_verify_file(pointer, file) == 1 else { throw .unreadable("sslrootcert", file) }
        } else {
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else { throw .latest() }
            // A small image has the bundle and not the folder that OpenSSL looks into.
            _ = SSL_CTX_load_verify_file(pointer, Self.systemBundle)
            ERR_clear_error()
        }
        if let file = encryption.certificate, let key = encryption.key {
            guard SSL_CTX_use_certificate_chain_file(pointer, file) == 1 else { throw .unreadable("sslcert", file) }
            guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
                throw .unreadable("sslkey", key)
            }
        }
    }

    deinit { SSL_CTX_free(pointer) }
}

/// Why TLS does not work.
struct TLSFault: Error {
    /// Names files and certificates and nothing else.
    let reason: String
    /// The certificates do not fit, or the server speaks no TLS: waiting does not mend that.
    let isAboutTrust: Bool

    static func unreadable(_ parameter: String, _ file: String) -> TLSFault {
        TLSFault(reason: "\(parameter): \"\(file)\" cannot be read, or does not fit", isAboutTrust: true)
    }

    /// What OpenSSL noted last on this thread; `verified` is its verdict about the certificate.
    static func latest(verified: Int = Int(X509_V_OK)) -> TLSFault {
        let error = ERR_get_error()
        ERR_clear_error()
        let isAboutTrust = copenssl_is_about_trust(error) == 1
        if isAboutTrust, verified != Int(X509_V_OK), let words = X509_verify_cert_error_string(verified) {
            return TLSFault(
                reason: "the certificate was not accepted: \(String(cString: words))", isAboutTrust: true)
        }
        let words = ERR_reason_error_string(error).map { String(cString: $0) }
        return TLSFault(reason: words ?? "the connection was lost", isAboutTrust: isAboutTrust)
    }
}
