import CCurl

/// Takes a URL apart with libcurl's own parser, so that what is checked is what is connected to.
enum CurlURL {
    /// `scheme://host:port` of an absolute http or https URL, else `nil`.
    static func origin(of url: String) -> String? {
        guard !url.utf8.contains(0), let handle = curl_url() else { return nil }
        defer { curl_url_cleanup(handle) }
        let isParsed = url.withCString { curl_url_set(handle, CURLUPART_URL, $0, 0) == CURLUE_OK }
        guard isParsed, let scheme = part(CURLUPART_SCHEME, of: handle), scheme == "http" || scheme == "https",
            let host = part(CURLUPART_HOST, of: handle), let port = part(CURLUPART_PORT, of: handle)
        else { return nil }
        return "\(scheme)://\(host):\(port)"
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        let code = curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT))
        defer { curl_free(text) }
        guard code == CURLUE_OK, let text else { return nil }
        return String(cString: text)
    }
}
