import CCurl
import Foundation

/// One request on its way: what came of the answer so far, and who waits for it.
///
/// @unchecked Sendable: the sender makes it and hands it to ``CurlLoop`` once; from then on only the loop's thread
/// touches the variables, libcurl's callbacks included, for they run inside calls that the loop makes.
final class CurlTransfer: @unchecked Sendable {
    private static let maxHeaderBytes = 128 << 10

    let request: HTTPRequest
    let host: String
    let deadline: ContinuousClock.Instant
    private let continuation: CheckedContinuation<HTTPResponse, any Error>

    private(set) var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var retained: Unmanaged<CurlTransfer>?
    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    private var bodyBytes = 0
    private var refusedAddresses = 0
    private var permittedAddresses = 0
    private var isTooLarge = false
    private var isTooLate = false
    private var wouldResend = false
    private var mayHaveSent = false

    init(
        request: HTTPRequest, host: String, deadline: ContinuousClock.Instant,
        continuation: CheckedContinuation<HTTPResponse, any Error>
    ) {
        self.request = request
        self.host = host
        self.deadline = deadline
        self.continuation = continuation
    }

    /// A handle with everything set that is the same for all requests.
    static func makeHandle(userAgent: String) -> UnsafeMutableRawPointer {
        guard let easy = curl_easy_init() else { preconditionFailure("libcurl cannot allocate a handle") }
        curl_easy_setopt_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        curl_easy_setopt_string(easy, CURLOPT_PROXY, "")
        curl_easy_setopt_string(easy, CURLOPT_USERAGENT, userAgent)
        curl_easy_setopt_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        curl_easy_setopt_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        curl_easy_setopt_long(easy, CURLOPT_NOSIGNAL, 1)
        curl_easy_setopt_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        curl_easy_setopt_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        curl_easy_setopt_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        curl_easy_setopt_prereq_function(easy) { context, _, _, _, _ in
            CurlTransfer.from(context).connected() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        return easy
    }

    /// Sets `easy`, which ``makeHandle(userAgent:)`` made, up for this request. It belongs to the caller and must outlive
    /// ``detach()``.
    func attach(_ easy: UnsafeMutableRawPointer) {
        self.easy = easy
        let reference = Unmanaged.passRetained(self)
        retained = reference
        let context = reference.toOpaque()
        headerList = request.makeHeaderList()
        request.apply(to: easy, headers: headerList)
        let left =
            request.timeoutCoversQueue
            ? Swift.max(.milliseconds(1), ContinuousClock.now.duration(to: deadline)) : request.timeout
        curl_easy_setopt_long(easy, CURLOPT_TIMEOUT_MS, left.wholeMilliseconds)
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PREREQDATA, CURLOPT_OPENSOCKETDATA,
        ] {
            curl_easy_setopt_pointer(easy, option, context)
        }
        if request.permitsAddress == nil {
            curl_easy_setopt_opensocket_function(easy, nil)
        } else {
            curl_easy_setopt_opensocket_function(easy) { context, _, address in
                CurlTransfer.from(context).openSocket(address)
            }
        }
    }

    /// Gives the handle back, without anything of this request's that takes memory; it must have left its multi handle.
    func detach() -> UnsafeMutableRawPointer? {
        guard let easy else { return nil }
        curl_easy_setopt_list(easy, CURLOPT_HTTPHEADER, nil)
        // Frees the copy of the body.
        curl_easy_setopt_pointer(easy, CURLOPT_POSTFIELDS, nil)
        curl_slist_free_all(headerList)
        headerList = nil
        self.easy = nil
        retained?.release()
        retained = nil
        return easy
    }

    /// Answers the waiting caller with what libcurl says; exactly once.
    func finish(_ code: CURLcode) {
        if code == CURLE_OK {
            var status = 0
            if let easy { curl_easy_getinfo_long(easy, CURLINFO_RESPONSE_CODE, &status) }
            continuation.resume(returning: HTTPResponse(status: status, headers: headers, body: body))
        } else if isTooLarge {
            fail(.tooLarge)
        } else if wouldResend {
            fail(.connectionLost)
        } else if isTooLate {
            fail(.tooLateToSend)
        } else if refusedAddresses > 0, permittedAddresses == 0, !mayHaveSent {
            fail(.addressRefused)
        } else {
            continuation.resume(
                throwing: HTTPClientError(.init(code), curl: code, requestWasSent: requestWasSent))
        }
    }

    /// Answers the waiting caller with a failure that is not libcurl's; exactly once.
    func fail(_ code: HTTPClientError.Code) {
        continuation.resume(throwing: HTTPClientError(code, requestWasSent: requestWasSent))
    }

    /// Answers that the wait for a connection took too long.
    func expire() { fail(request.timeoutCoversQueue ? .timeout : .tooLateToSend) }

    /// The request may have left once the connection stood and libcurl wrote any byte of it. The size counts on over
    /// libcurl's own resends, so a failed second connection does not hide a first one that had sent.
    private var requestWasSent: Bool {
        guard mayHaveSent, let easy else { return mayHaveSent }
        var size = 0
        curl_easy_getinfo_long(easy, CURLINFO_REQUEST_SIZE, &size)
        return size > 0
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer {
        guard let context else { preconditionFailure("libcurl called back without the context it was given") }
        return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func connected() -> Bool {
        if let last = request.sendBefore, ContinuousClock.now >= last {
            isTooLate = true
            return false
        }
        if mayHaveSent, request.sendsOnce {
            wouldResend = true
            return false
        }
        mayHaveSent = true
        return true
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        bodyBytes += bytes.count
        guard bodyBytes <= request.maxResponseBytes else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes.prefix(Swift.max(0, request.keptResponseBytes - body.count)))
        return bytes.count
    }

    /// Makes the socket for an address that the request permits; it sees the address that is really connected to.
    private func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> curl_socket_t {
        guard let address, let permits = request.permitsAddress else { return CURL_SOCKET_BAD }
        guard let peer = curl_sockaddr_address(address).flatMap({ PeerAddress($0) }), permits(peer) else {
            refusedAddresses += 1
            return CURL_SOCKET_BAD
        }
        permittedAddresses += 1
        let (family, kind, proto) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
        return socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), proto)
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= Self.maxHeaderBytes else {
            isTooLarge = true
            return 0
        }
        if bytes.starts(with: "HTTP/".utf8) {
            headers.removeAll()  // a final answer after an interim one
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
            var value = bytes[(colon + 1)...].drop(while: Self.isBlank)
            while let last = value.last, Self.isBlank(last) { value.removeLast() }
            headers.append((String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self)))
        }
        return bytes.count
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension Duration {
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
