import Foundation
import Synchronization

/// The message log, shared by all requests.
final class MessageStore: Sendable {
    private let log: Mutex<MessageLog>

    init(capacity: Int) {
        self.log = Mutex(MessageLog(capacity: capacity))
    }

    /// Records a message as received now.
    func record(chatId: Int64, text: String) -> Message {
        let receivedAt = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
        return log.withLock { $0.append(chatId: chatId, text: text, receivedAt: receivedAt + "Z") }
    }

    /// Messages in order of arrival; see `MessageLog.messages`.
    func messages(chatId: Int64? = nil, after: Int64 = 0, last: Int? = nil) -> [Message] {
        log.withLock { $0.messages(chatId: chatId, after: after, last: last) }
    }

    func removeAll() {
        log.withLock { $0.removeAll() }
    }
}
