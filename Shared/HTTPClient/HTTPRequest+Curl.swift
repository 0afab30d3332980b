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
        var list: UnsafeMutablePointer<curl_slist>?
        // An empty value removes what libcurl would add by itself.
        var own: [(name: StaticString, line: StaticString)?] = [
            ("expect", "Expect:"), ("content-type", "Content-Type:"), ("accept", "Accept: */*"),
        ]
        for header in headers {
            list = Self.append(header, to: list)
            for index in own.indices where own[index].map({ Self.isSame(header.name, $0.name) }) ?? false {
                own[index] = nil
            }
        }
        for case let header? in own {
            list = curl_slist_append(list, UnsafeRawPointer(header.line.utf8Start).assumingMemoryBound(to: CChar.self))
        }
        return list
    }

    /// As a line of its own; a name without a value ends in a semicolon for libcurl.
    private static func append(
        _ header: (name: String, value: String), to list: UnsafeMutablePointer<curl_slist>?
    ) -> UnsafeMutablePointer<curl_slist>? {
        let (name, value) = (header.name.utf8, header.value.utf8)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: name.count + value.count + 3) { line in
            var end = line.update(fromContentsOf: name)
            end = line[end...].update(fromContentsOf: value.isEmpty ? ";".utf8 : ": ".utf8)
            end = line[end...].update(fromContentsOf: value)
            line[end] = 0
            return line.withMemoryRebound(to: CChar.self) { curl_slist_append(list, $0.baseAddress) }
        }
    }

    /// Whether `name` is `other`, which is in small letters, in any case.
    private static func isSame(_ name: String, _ other: StaticString) -> Bool {
        name.utf8.count == other.utf8CodeUnitCount
            && other.withUTF8Buffer { other in name.utf8.elementsEqual(other) { $0 | 0x20 == $1 } }
    }

    /// Sets what differs from request to request, all of it, as the handle may have served another one: nothing but the
    /// callbacks and the time-out.
    func apply(to easy: UnsafeMutableRawPointer, headers: UnsafeMutablePointer<curl_slist>?) {
        curl_easy_setopt_string(easy, CURLOPT_URL, url)
        curl_easy_setopt_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, connectTimeout.wholeMilliseconds))
        curl_easy_setopt_list(easy, CURLOPT_HTTPHEADER, headers)
        curl_easy_setopt_long(easy, CURLOPT_FRESH_CONNECT, freshConnection ? 1 : 0)
        curl_easy_setopt_long(easy, CURLOPT_FORBID_REUSE, freshConnection ? 1 : 0)
        if method == "HEAD" {
            curl_easy_setopt_long(easy, CURLOPT_NOBODY, 1)
            curl_easy_setopt_string(easy, CURLOPT_CUSTOMREQUEST, nil)
        } else if body != nil || ["POST", "PUT", "PATCH"].contains(method) {
            applyBody(to: easy)
            curl_easy_setopt_string(easy, CURLOPT_CUSTOMREQUEST, method == "POST" ? nil : method)
        } else {
            curl_easy_setopt_long(easy, CURLOPT_HTTPGET, 1)
            curl_easy_setopt_string(easy, CURLOPT_CUSTOMREQUEST, method == "GET" ? nil : method)
        }
    }

    private func applyBody(to easy: UnsafeMutableRawPointer) {
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
    }
}
