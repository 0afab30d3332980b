/// The last messages in order of arrival, found by chat too; drops the oldest when it is full.
struct MessageLog: Sendable {
    private let capacity: Int
    /// Message `id` sits at `(id - first) % capacity`.
    private var ring: [Message] = []
    private var first: Int64 = 1
    private var next: Int64 = 1
    /// Ids of each chat, ascending; ids below `oldest` at their head have been dropped already.
    private var chats: [Int64: [Int64]] = [:]

    init(capacity: Int) {
        self.capacity = capacity
    }

    private var oldest: Int64 { next - Int64(ring.count) }

    private func index(of id: Int64) -> Int { Int((id - first) % Int64(capacity)) }

    /// Keeps a message and gives it its id.
    mutating func append(chatId: Int64, text: String, receivedAt: String) -> Message {
        let message = Message(id: next, chatId: chatId, text: text, receivedAt: receivedAt)
        if ring.count < capacity {
            ring.append(message)
        } else {
            forget(ring[index(of: next)])
            ring[index(of: next)] = message
        }
        next += 1
        chats[chatId, default: []].append(message.id)
        return message
    }

    /// Messages with an id greater than `after`, oldest first; with `last`, only the newest so many of them.
    func messages(chatId: Int64?, after: Int64, last: Int?) -> [Message] {
        let from = max(after + 1, oldest)
        guard from < next else { return [] }
        let ids: [Int64]
        if let chatId {
            ids = (chats[chatId] ?? []).filter { $0 >= from }
        } else {
            ids = Array(from..<next)
        }
        return ids.suffix(last ?? ids.count).map { ring[index(of: $0)] }
    }

    /// Forgets all messages; ids go on growing.
    mutating func removeAll() {
        ring = []
        chats = [:]
        first = next
    }

    /// A dropped message leaves its chat's list; the list is shortened only once half of it is gone.
    private mutating func forget(_ message: Message) {
        guard let ids = chats[message.chatId] else { return }
        if ids.last == message.id {
            chats[message.chatId] = nil
        } else if ids[ids.count / 2] <= message.id {
            chats[message.chatId]?.removeFirst(ids.count / 2 + 1)
        }
    }
}
