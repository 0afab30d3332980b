/// What librdkafka's callbacks find behind their opaque pointer.
///
/// @unchecked Sendable: `log` and `tokenFile` never change and are Sendable; `session` is set and read on the consumer's own thread
/// only, because librdkafka serves the callbacks that use it inside that thread's poll.
final class ClientContext: @unchecked Sendable {
    let log: ClientLog
    let tokenFile: String?
    weak var session: ConsumerSession?

    init(log: ClientLog, tokenFile: String?) {
        self.log = log
        self.tokenFile = tokenFile
    }
}
