import CCurl

/// What the loop's thread does; lives on that thread only.
struct CurlRun: ~Copyable {
    /// How often requests that wait are checked against their deadlines.
    private static let sweepInterval: Duration = .milliseconds(50)

    private let multi: UnsafeMutableRawPointer
    private let userAgent: String
    private var queue: AdmissionQueue<ObjectIdentifier>
    /// Transfers that wait or run, by identity.
    private var transfers: [ObjectIdentifier: CurlTransfer] = [:]
    private var spareHandles: [UnsafeMutableRawPointer] = []
    private var answered = 0
    private var nextSweep = ContinuousClock.now

    init(multi: UnsafeMutableRawPointer, maxActive: Int, maxActivePerHost: Int, userAgent: String) {
        self.multi = multi
        self.userAgent = userAgent
        queue = AdmissionQueue(maxActive: maxActive, maxActivePerHost: maxActivePerHost)
    }

    deinit {
        for easy in spareHandles { curl_easy_cleanup(easy) }
    }

    mutating func loop(_ owner: CurlLoop) {
        while true {
            let mail = owner.takeMail()
            for transfer in mail.arrivals { enqueue(transfer) }
            for transfer in mail.aborts { abort(transfer) }
            if mail.isClosing { refuseWaiting() }
            sweepWaiting()
            startAdmitted()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishCompleted()
            startAdmitted()
            let mayWait = owner.fallAsleep(after: mail, answered: answered)
            answered = 0
            if mail.isClosing, transfers.isEmpty, owner.end() { return }
            if mayWait { curl_multi_poll(multi, nil, 0, queue.waiting > 0 ? 50 : 1000, nil) }
        }
    }

    private mutating func enqueue(_ transfer: CurlTransfer) {
        let id = ObjectIdentifier(transfer)
        transfers[id] = transfer
        queue.enqueue(id, host: transfer.host)
    }

    private mutating func startAdmitted() {
        while let id = queue.next() {
            guard let transfer = transfers[id] else { preconditionFailure("admitted a transfer that is over") }
            guard ContinuousClock.now < transfer.deadline else {
                forget(transfer)
                queue.finish(host: transfer.host)
                transfer.expire()
                continue
            }
            let easy = spareHandles.popLast() ?? CurlTransfer.makeHandle(userAgent: userAgent)
            transfer.attach(easy)
            curl_multi_add_handle(multi, easy)
        }
    }

    private mutating func finishCompleted() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            // Read before the handle is removed: the message dies with it.
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            var context: UnsafeMutableRawPointer?
            curl_easy_getinfo_pointer(easy, CURLINFO_PRIVATE, &context)
            complete(CurlTransfer.from(context)) { $0.finish(code) }
        }
    }

    private mutating func abort(_ transfer: CurlTransfer) {
        let id = ObjectIdentifier(transfer)
        guard transfers[id] === transfer else { return }
        if queue.remove(id, host: transfer.host) {
            forget(transfer)
            transfer.fail(.cancelled)
        } else {
            complete(transfer) { $0.fail(.cancelled) }
        }
    }

    /// Ends a transfer that runs. The answer is given while the handle is attached, for its figures are read from it.
    private mutating func complete(_ transfer: CurlTransfer, _ answer: (CurlTransfer) -> Void) {
        if let easy = transfer.easy { curl_multi_remove_handle(multi, easy) }
        answer(transfer)
        if let easy = transfer.detach() { spareHandles.append(easy) }
        queue.finish(host: transfer.host)
        forget(transfer)
    }

    private mutating func refuseWaiting() {
        for id in queue.removeWaiting() {
            guard let transfer = transfers[id] else { continue }
            forget(transfer)
            transfer.fail(.closed)
        }
    }

    private mutating func sweepWaiting() {
        let now = ContinuousClock.now
        guard queue.waiting > 0, now >= nextSweep else { return }
        nextSweep = now + Self.sweepInterval
        for (id, transfer) in transfers where transfer.easy == nil && now >= transfer.deadline {
            guard queue.remove(id, host: transfer.host) else { continue }
            forget(transfer)
            transfer.expire()
        }
    }

    private mutating func forget(_ transfer: CurlTransfer) {
        transfers[ObjectIdentifier(transfer)] = nil
        answered += 1
    }
}
