import CCurl

extension HTTPRequest {
    /// Whether method and headers can be written to the wire without changing their meaning.
    var isWellFormed: Bool {
        func isToken(_ text: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                        || "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
        }
        return isToken(method)
            && headers.allSatisfy { isToken($0.name) && !$0.value.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 } }
    }

    /// The caller frees it.
    func makeHeaderList() -> UnsafeMutablePointer<curl_slist>? {
        var lines = headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        let names = Set(headers.map { $0.name.lowercased() })
        // An empty value removes what libcurl would add by itself.
        if !names.contains("expect") { lines.append("Expect:") }
        if !names.contains("content-type") { lines.append("Content-Type:") }
        if !names.contains("accept") { lines.append("Accept: */*") }
        return lines.reduce(nil) { curl_slist_append($0, $1) }
    }

    /// Sets everything but the callbacks and the time-out on a fresh or reset handle.
    func apply(to easy: UnsafeMutableRawPointer, headers: UnsafeMutablePointer<curl_slist>?, userAgent: String) {
        curl_easy_setopt_string(easy, CURLOPT_URL, url)
        curl_easy_setopt_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_easy_setopt_string(easy, CURLOPT_PROXY, "")
        curl_easy_setopt_string(easy, CURLOPT_USERAGENT, userAgent)
        curl_easy_setopt_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        curl_easy_setopt_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        curl_easy_setopt_long(easy, CURLOPT_NOSIGNAL, 1)
        curl_easy_setopt_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        curl_easy_setopt_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout.wholeMilliseconds))
        curl_easy_setopt_list(easy, CURLOPT_HTTPHEADER, headers)
        if freshConnection {
            curl_easy_setopt_long(easy, CURLOPT_FRESH_CONNECT, 1)
            curl_easy_setopt_long(easy, CURLOPT_FORBID_REUSE, 1)
        }
        applyBody(to: easy)
    }

    private func applyBody(to easy: UnsafeMutableRawPointer) {
        let hasBody = body != nil || ["POST", "PUT", "PATCH"].contains(method)
        if method == "HEAD" {
            curl_easy_setopt_long(easy, CURLOPT_NOBODY, 1)
        } else if hasBody {
            let bytes = body ?? []
            curl_easy_setopt_long(easy, CURLOPT_POST, 1)
            curl_easy_setopt_off(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
            bytes.withUnsafeBytes { buffer in
                // Copied by libcurl; it takes no null pointer, so an empty body still needs an address.
                var empty: UInt8 = 0
                withUnsafeMutableBytes(of: &empty) { spare in
                    let start = buffer.baseAddress ?? UnsafeRawPointer(spare.baseAddress)
                    curl_easy_setopt_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start))
                }
            }
            curl_easy_setopt_string(easy, CURLOPT_CUSTOMREQUEST, method)
        } else {
            curl_easy_setopt_long(easy, CURLOPT_HTTPGET, 1)
            curl_easy_setopt_string(easy, CURLOPT_CUSTOMREQUEST, method)
        }
    }
}
