#pragma once
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// These are macros, which Swift does not import.
static inline int copenssl_set_min_version_1_2(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
}

static inline int copenssl_set_server_name(SSL *stream, const char *name) {
    return SSL_set_tlsext_host_name(stream, name) == 1;
}

// The buffer of a write that is repeated may have moved; part of it may have gone out.
static inline void copenssl_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}

// Whether an error of this library is about the certificate of either side, or the server speaks no TLS at all.
static inline int copenssl_is_about_trust(unsigned long error) {
    int reason = ERR_GET_REASON(error);
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return 0;
    return reason == SSL_R_CERTIFICATE_VERIFY_FAILED || reason == SSL_R_WRONG_VERSION_NUMBER ||
           reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_HTTP_REQUEST ||
           // Alerts of the server (RFC 8446, section 6.2): bad_certificate to unknown_ca, protocol_version,
           // certificate_required.
           (reason >= SSL_AD_REASON_OFFSET + 40 && reason <= SSL_AD_REASON_OFFSET + 48) ||
           reason == SSL_AD_REASON_OFFSET + 70 || reason == SSL_AD_REASON_OFFSET + 116;
}
