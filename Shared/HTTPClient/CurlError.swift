import CCurl

extension HTTPClientError.Code {
    /// The code for a `CURLcode` other than `CURLE_OK`.
    init(_ curl: CURLcode) {
        self =
            switch curl {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .couldNotConnect
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidURL
            case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE: .connectionLost
            case CURLE_FILESIZE_EXCEEDED: .tooLarge
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
                .tls
            default: .transfer
            }
    }
}

extension HTTPClientError {
    init(_ code: Code, curl: CURLcode, requestWasSent: Bool) {
        self.init(
            code, requestWasSent: requestWasSent, curlCode: Int32(bitPattern: curl.rawValue),
            reason: String(cString: curl_easy_strerror(curl)))
    }
}
