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
    private var isTooLarge = false
    private var isTooLate = false
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

    /// Sets `easy` up for this request. It belongs to the caller and must outlive ``detach()``.
    func attach(_ easy: UnsafeMutableRawPointer, userAgent: String) {
        self.easy = easy
        let reference = Unmanaged.passRetained(self)
        retained = reference
        let context = reference.toOpaque()
        headerList = request.makeHeaderList()
        request.apply(to: easy, headers: headerList, userAgent: userAgent)
        let left = Swift.max(.milliseconds(1), ContinuousClock.now.duration(to: deadline))
        curl_easy_setopt_long(easy, CURLOPT_TIMEOUT_MS, left.wholeMilliseconds)
        curl_easy_setopt_pointer(easy, CURLOPT_PRIVATE, context)
        curl_easy_setopt_pointer(easy, CURLOPT_WRITEDATA, context)
        curl_easy_setopt_pointer(easy, CURLOPT_HEADERDATA, context)
        curl_easy_setopt_pointer(easy, CURLOPT_PREREQDATA, context)
        curl_easy_setopt_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        curl_easy_setopt_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            CurlTransfer.from(context).receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        curl_easy_setopt_prereq_function(easy) { context, _, _, _, _ in
            CurlTransfer.from(context).connected() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
    }

    /// Gives the handle back, reset; it must have left its multi handle.
    func detach() -> UnsafeMutableRawPointer? {
        guard let easy else { return nil }
        curl_easy_reset(easy)
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
        } else if isTooLate {
            fail(.tooLateToSend)
        } else {
            continuation.resume(
                throwing: HTTPClientError(.init(code), curl: code, requestWasSent: requestWasSent))
        }
    }

    /// Answers the waiting caller with a failure that is not libcurl's; exactly once.
    func fail(_ code: HTTPClientError.Code) {
        continuation.resume(throwing: HTTPClientError(code, requestWasSent: requestWasSent))
    }

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
        mayHaveSent = true
        return true
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard body.count + bytes.count <= request.maxResponseBytes else {
            isTooLarge = true
            return 0
        }
        body.append(contentsOf: bytes)
        return bytes.count
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        headerBytes += bytes.count
        guard headerBytes <= Self.maxHeaderBytes else {
            isTooLarge = true
            return 0
        }
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            headers.removeAll()  // a final answer after an interim one
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
            headers.append((String(line[..<colon]), value))
        }
        return bytes.count
    }
}

extension Duration {
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
